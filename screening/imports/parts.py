"""What one file says: cases with truth and score, reads, readers."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class CaseLine:
    code: str
    truth: bool
    file: str
    row: int
    diagnosis: str = ""
    sex: str = ""
    age_months: float | None = None
    score: float | None = None
    fold: int | None = None
    threshold: float | None = None


@dataclass(kw_only=True)
class ReadLine:
    """``rating`` in the packages' files; ``is_gs`` and perhaps ``confidence`` in a table of decisions."""

    case: str
    reader: str
    modality: str
    file: str
    row: int
    is_gs: bool | None = None
    confidence: int | None = None
    rating: float | None = None
    response_ms: float | None = None


@dataclass(kw_only=True)
class Part:
    """``truths`` of a file that states them beside the reads, with the row that says so."""

    form: str
    cases: list[CaseLine] = field(default_factory=list)
    reads: list[ReadLine] = field(default_factory=list)
    truths: list[CaseLine] = field(default_factory=list)
    readers: dict[str, dict[str, Any]] = field(default_factory=dict)
