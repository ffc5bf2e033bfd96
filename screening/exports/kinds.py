"""What an export is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Row = list[Any]
Result = dict[str, Any]
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Export:
    """One CSV: ``columns`` are (name, meaning) pairs; they are the header and the data dictionary at once."""

    title: str
    columns: Columns
    rows: Callable[[Result], Iterator[Row]]

    @property
    def header(self) -> list[str]:
        return [name for name, _ in self.columns]
