"""A report as blocks, before anything decides how it looks. Text is plain; nobody's words are markup."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from screening.report.drawing import Drawing


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2  # 2: a part, 3: within one


@dataclass(frozen=True)
class Paragraph:
    """``lead`` is said first and set in bold: “Test. On the 456 cases …”."""

    text: str
    lead: str = ""
    is_small: bool = False


@dataclass(frozen=True)
class Notice:
    """What nobody may overlook."""

    items: Sequence[str]


@dataclass(frozen=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A cell's lines after the first are set smaller: an interval under its value. The first column heads its row."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]  # shares of the page's width
    words: frozenset[int] = frozenset()  # columns of words beside the first; all others hold numbers
    marked: frozenset[int] = frozenset()  # rows that stand out
    is_dense: bool = False


@dataclass(frozen=True, kw_only=True)
class Figure:
    drawing: Drawing
    caption: str


@dataclass(frozen=True)
class Facts:
    pairs: Sequence[tuple[str, str]]


Block = Heading | Paragraph | Notice | Bullets | Table | Figure | Facts


@dataclass(frozen=True, kw_only=True)
class Document:
    title: str
    subtitle: str
    label: str  # stands on every page: digital phantom, interim, imported
    author: str
    made_at: datetime
    language: str = "en"  # as a page names it: en, zh-Hans
    blocks: list[Block] = field(default_factory=list)
