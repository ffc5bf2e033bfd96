"""Every column of every file that leaves the site, as a page of the handbook: docs/data.md is what this writes."""

from collections.abc import Iterator

from readerstudy.audit import export as audit_log
from readerstudy.audit import views_log
from screening.exports import EXPORTS, mrmc
from screening.exports.columns import MODEL, READS, Column, explain

INTRODUCTION = """\
# Data dictionary

Every column of every table that can be taken out. It is written by `manage.py data_dictionary > docs/data.md` from
the tables that the files themselves are made from. An empty cell is a value that is not there: not asked, not answered,
or not computed.
Times are UTC in ISO 8601; yes/no is 1 or 0; a share is between 0 and 1. Files are UTF-8 and separated by commas.
"""
UNITS = (  # by the end of a column's name; the first that fits
    ("_ms", "ms"),
    ("_months", "months"),
    ("_utc", "UTC"),
    ("answered_at", "UTC"),
    ("years_of_experience", "years"),
)
MRMC = {
    "reader": "reader's code in the study",
    "test": "unaided, or aided by the model's output",
    "case": "the case's number in the study; says nothing of the truth",
    "truth": "1: the child has a genetic syndrome",
    "rating": "the reader's answer on one scale: the higher, the surer of GS",
    "withdrawn": "1: the reader withdrew; what was called before is kept",
}
AUDIT = {
    "entry": "number of the entry, rising",
    "at_utc": "when it was written",
    "actor": "who: user:7, reader:3, or system; no name",
    "action": "what was done, for example study.opened",
    "target": "to what, by its number",
    "detail": "more of it, as JSON",
    "previous_digest": "SHA-256 of the entry before",
    "digest": "SHA-256 of this entry and of the digest before: the chain",
    "who": "how the actor is called on the day of the export",
}
VIEWS = {
    "at_utc": "when the face was first sent in that quarter of an hour",
    "who": "the account, by its number",
    "who_today": "how it is called on the day of the export",
    "case": "code of the child",
    "face": "number of the photograph",
    "picture": "which picture of it: photo, small, rendition, crop, heat",
    "door": "page, or api for a script",
}


def lines() -> Iterator[str]:
    yield INTRODUCTION
    files = "`reads.csv`, `reads.parquet`, `reads.jsonl`, `redcap.csv`: one row a trial and stage."
    yield from _typed("Every read", files, READS)
    yield from _typed("The model's columns of every read", "In the same files, where a run is chosen.", MODEL)
    same = "The sheets of `rjafroc.xlsx` and the lines of `study.imrmc` hold the same reads."
    yield from _told("mrmcaov.csv", "MRMCaov", same, [(name, MRMC[name]) for name in mrmc.LONG_HEADER])
    for name, export in EXPORTS.items():
        yield from _told(f"{name}.csv", export.title, "Of a comparison.", export.columns)
    site = "Of a study, or of the site by `manage.py audit_log`."
    yield from _told("audit-log.csv", "Audit log", site, [(name, AUDIT[name]) for name in audit_log.HEADER])
    seen = [(name, VIEWS[name]) for name in views_log.HEADER]
    yield from _told("face-views.csv", "Who saw which face", "Of a cohort.", seen)


def unit_of(name: str) -> str:
    return next((unit for end, unit in UNITS if name.endswith(end)), "")


def _typed(title: str, what: str, columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"\n## {title}\n\n{what}\n\n| column | kind | unit | meaning |\n| --- | --- | --- | --- |\n"
    for column in columns:
        kind = column.kind.replace("_", "/")
        yield f"| `{column.name}` | {kind} | {unit_of(column.name)} | {_cell(explain(column))} |\n"


def _told(file: str, title: str, what: str, columns: object) -> Iterator[str]:
    yield f"\n## {title}: {file}\n\n{what}\n\n| column | unit | meaning |\n| --- | --- | --- |\n"
    for name, meaning in columns:  # type: ignore[attr-defined]
        yield f"| `{name}` | {unit_of(name)} | {_cell(meaning)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
