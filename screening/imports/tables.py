"""The three tables: scores, reads, and MRMCaov's long table."""

from django.utils.translation import gettext as _

from screening.imports.files import File, Problems
from screening.imports.parts import CaseLine, Part, ReadLine
from screening.imports.rows import Row, rows_of

CASE, READER = 40, 20  # characters that a code may have
SENIORITIES = ("senior", "junior", "other")
SCORES = ("case_id", "truth", "score", "fold", "threshold", "diagnosis", "sex", "age_months")
READS = ("case_id", "reader", "decision", "confidence", "response_ms", "modality", "truth")
READERS = ("seniority", "years_of_experience")
LONG = ("reader", "test", "case", "truth", "rating")


def scores(file: File, text: str, problems: Problems) -> Part:
    """``case_id, truth, score`` and, where known, fold, threshold, diagnosis, sex (F or M) and age in months."""
    part = Part(form="scores")
    for row in rows_of(file, text, problems):
        _tell_unused(row, SCORES)
        code, truth = row.text("case_id", most=CASE), row.yes_no("truth")
        line = CaseLine(code=code, truth=bool(truth), file=file.name, row=row.place)
        line.score = row.number("score", least=0, most=1)
        line.fold = row.whole("fold", least=0, most=1000, is_needed="fold" in row.cells)
        line.threshold = row.number("threshold", least=0, most=1, is_needed="threshold" in row.cells)
        line.diagnosis = row.text("diagnosis", most=160, is_needed=False)
        line.sex = row.one_of("sex", ("F", "M"))
        line.age_months = row.number("age_months", least=0, most=1440, is_needed=False)
        if line.diagnosis and not truth:
            row.wrong("diagnosis", _("a case without a syndrome (truth 0) has a diagnosis."))
        part.cases.append(line)
    return part


def reads(file: File, text: str, problems: Problems) -> Part:
    """``case_id, reader, decision``; where known confidence, response_ms, modality, truth, and who the reader is."""
    part = Part(form="reads")
    for row in rows_of(file, text, problems):
        _tell_unused(row, READS + READERS)
        read = ReadLine(
            case=row.text("case_id", most=CASE),
            reader=row.text("reader", most=READER),
            modality=row.text("modality", most=40, is_needed=False),
            is_gs=row.yes_no("decision"),
            confidence=row.whole("confidence", least=0, most=100, is_needed=False),
            response_ms=row.number("response_ms", least=0, is_needed=False),
            file=file.name,
            row=row.place,
        )
        part.reads.append(read)
        if row.cells.get("truth", "").strip():
            part.truths.append(_truth(row, read.case))
        _reader(part, row, read.reader)
    return part


def long(file: File, text: str, problems: Problems) -> Part:
    """MRMCaov: ``reader, test, case, truth, rating``."""
    part = Part(form="MRMCaov")
    for row in rows_of(file, text, problems):
        _tell_unused(row, LONG)
        read = ReadLine(
            case=row.text("case", most=CASE),
            reader=row.text("reader", most=READER),
            modality=row.text("test", most=40),
            rating=row.number("rating"),
            file=file.name,
            row=row.place,
        )
        part.reads.append(read)
        part.truths.append(_truth(row, read.case))
    return part


def _truth(row: Row, case: str) -> CaseLine:
    return CaseLine(code=case, truth=bool(row.yes_no("truth")), file=row.file, row=row.place)


def _reader(part: Part, row: Row, code: str) -> None:
    """A reader is one person: every row has to say the same."""
    said = {
        "seniority": row.one_of("seniority", SENIORITIES),
        "years_of_experience": row.whole("years_of_experience", least=0, most=80, is_needed=False),
    }
    before = part.readers.setdefault(code, said)
    for column, value in said.items():
        if before[column] != value:
            words = _("reader %(reader)s had another %(column)s in an earlier row.")
            row.wrong(column, words % {"reader": code, "column": column})


def _tell_unused(row: Row, known: tuple[str, ...]) -> None:
    if row.place == 2 and (unused := sorted(set(row.cells) - set(known))):
        names = ", ".join(name or _("a column without a name") for name in unused)
        row.problems.notice(_("%(file)s: not used: %(names)s.") % {"file": row.file, "names": names})
