"""The files of one study put together: one list of cases, one of reads; all that does not fit is refused at once."""

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from screening.imports import tables
from screening.imports.files import MOST_BYTES, MOST_FILES, File, Problems
from screening.imports.imrmc import BEGIN, imrmc
from screening.imports.parts import CaseLine, Part, ReadLine
from screening.imports.ratings import calls_of
from screening.imports.rjafroc import rjafroc
from screening.imports.rows import decoded, header_of

UNAIDED, AIDED = "unaided", "aided"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the files do not say themselves; each is stored with the import as the importer's word."""

    threshold: float | None = None  # GS from this score on, where the scores have no column for it
    gs_from: float | None = None  # GS from this rating on, in the packages' files
    unaided: str = ""  # the modality that is the primary reading
    aided: str = ""

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise Refused(_("The threshold is a score: from 0 to 1."))


@dataclass(kw_only=True)
class Content:
    cases: list[CaseLine]
    reads: list[ReadLine]  # modality is UNAIDED or AIDED, is_gs is set
    readers: dict[str, dict[str, Any]]
    forms: dict[str, str] = field(default_factory=dict)  # file name -> form
    notices: list[str] = field(default_factory=list)

    @property
    def has_scores(self) -> bool:
        return self.cases[0].score is not None

    def summary(self) -> dict[str, Any]:
        """What the page shows before anything is stored, and keeps afterwards."""
        read = Counter((read.reader, read.modality) for read in self.reads)
        folds = sorted({case.fold for case in self.cases if case.fold is not None})
        return {
            "n_cases": len(self.cases),
            "n_gs": sum(case.truth for case in self.cases),
            "has_scores": self.has_scores,
            "folds": len(folds) or int(self.has_scores),
            "has_folds": bool(folds),
            "thresholds": sorted({case.threshold for case in self.cases if case.threshold is not None}),
            "readers": [
                {"code": code, "n_read": read[code, UNAIDED], "n_aided": read[code, AIDED]} for code in self.readers
            ],
            "n_reads": len(self.reads),
            "has_confidence": any(read.confidence is not None for read in self.reads),
            "has_times": any(read.response_ms is not None for read in self.reads),
            "has_ages": any(case.age_months is not None for case in self.cases),
            "has_sexes": any(case.sex for case in self.cases),
            "has_diagnoses": any(case.diagnosis for case in self.cases),
            "forms": self.forms,
            "notices": self.notices,
        }


def content_of(files: Sequence[File], *, reading: Reading) -> Content:
    """
    Raises
    ------
    FilesRefused
        With every problem of the files, each with file, row and column.
    """
    problems = Problems()
    _refuse_sizes(files, problems)
    parts = [part for file in files if (part := _part(file, problems))]
    problems.refuse_if_any()
    scores, read = _roles(parts, files, problems)
    problems.refuse_if_any()
    cases = _cases(scores, read, problems)
    if cases:
        _check_reads(read, {case.code for case in cases}, problems)
    problems.refuse_if_any()
    _name_modalities(read, reading, problems)
    _decide(read, reading)
    _set_thresholds(cases, reading, problems)
    problems.refuse_if_any()
    codes = dict.fromkeys(line.reader for line in read.reads)
    return Content(
        cases=cases,
        reads=read.reads,
        readers={code: read.readers.get(code, {}) for code in codes},
        forms={file.name: part.form for file, part in zip(files, parts, strict=True)},
        notices=problems.notices,
    )


def _refuse_sizes(files: Sequence[File], problems: Problems) -> None:
    if not files:
        raise Refused(_("Choose the files first: a table of reads, and the model's scores where there are any."))
    if len(files) > MOST_FILES:
        raise Refused(_("%(n)d files: a study comes in at most %(most)d.") % {"n": len(files), "most": MOST_FILES})
    for file in files:
        if len(file.data) > MOST_BYTES:
            problems.add(file.name, _("is larger than %(mb)d MB.") % {"mb": MOST_BYTES // 2**20})
    problems.refuse_if_any()


def _part(file: File, problems: Problems) -> Part | None:
    """By what the file holds, not by its name."""
    if zipfile.is_zipfile(BytesIO(file.data)):
        return rjafroc(file, problems)
    if (text := decoded(file, problems)) is None:
        return None
    names = set(header_of(text)[0])
    if {"case_id", "truth", "score"} <= names:
        return tables.scores(file, text, problems)
    if {"case_id", "reader", "decision"} <= names:
        return tables.reads(file, text, problems)
    if set(tables.LONG) <= names:
        return tables.long(file, text, problems)
    if any(BEGIN.match(line) for line in text.splitlines()):
        return imrmc(file, text, problems)
    problems.add(
        file.name,
        _(
            "is none of the forms taken here. Scores need the columns case_id, truth, score; reads case_id, reader, "
            "decision; MRMCaov reader, test, case, truth, rating; an iMRMC file has a line BEGIN DATA; an RJafroc "
            "workbook the sheets TRUTH, FP and TP."
        ),
        row=1,
    )
    return None


def _roles(parts: list[Part], files: Sequence[File], problems: Problems) -> tuple[Part | None, Part]:
    """At most one file of scores and exactly one of reads."""
    scores = [part for part in parts if part.form == "scores"]
    read = [part for part in parts if part.form != "scores"]
    many_scores = _("hold the model's scores: one file of them makes a study.")
    many_reads = _("hold reads: one file of them makes a study.")
    for found, sentence in ((scores, many_scores), (read, many_reads)):
        if len(found) > 1:
            names = [file.name for file, part in zip(files, parts, strict=True) if part in found]
            problems.add(_(" and ").join(names), sentence)
    if not read:
        problems.add(
            files[0].name, _("no file holds reads: a study without a reader cannot be compared with anything.")
        )
    for part, file in zip(parts, files, strict=True):
        if not part.cases and not part.reads:
            problems.add(file.name, _("has no data under its header."))
    return (scores[0] if scores else None), (read[0] if read else Part(form=""))


def _cases(scores: Part | None, read: Part, problems: Problems) -> list[CaseLine]:
    """In the order of the scores, else of the truths beside the reads; where both state a truth they must agree."""
    lines = scores.cases if scores else read.truths
    found: dict[str, CaseLine] = {}
    by_lower: dict[str, str] = {}
    for line in lines:
        before = found.get(line.code)
        if before is None and by_lower.setdefault(line.code.lower(), line.code) != line.code:
            words = _("%(case)s and %(other)s differ in case only.")
            told = {"case": line.code, "other": by_lower[line.code.lower()]}
            problems.add(line.file, words % told, row=line.row)
        elif before is not None and (scores or read.form in ("iMRMC", "RJafroc")):
            words = _("case %(case)s stands in row %(row)d already.")
            problems.add(line.file, words % {"case": line.code, "row": before.row}, row=line.row)
        elif before is not None and before.truth is not line.truth:
            words = _("case %(case)s has another truth in row %(row)d.")
            problems.add(line.file, words % {"case": line.code, "row": before.row}, row=line.row)
        found.setdefault(line.code, line)
    for line in read.truths if scores else []:
        if (case := found.get(line.code)) and case.truth is not line.truth:
            words = _("case %(case)s has another truth in %(file)s, row %(row)d.")
            told = {"case": line.code, "file": case.file, "row": case.row}
            problems.add(line.file, words % told, row=line.row)
    if not found:
        problems.add(
            read.reads[0].file, _("says nothing of the truth: add a column truth, or a file of scores."), row=1
        )
    elif len({case.truth for case in found.values()}) == 1:
        problems.add(lines[0].file, _("all cases have the same truth: nothing can be told apart."))
    return list(found.values())


def _check_reads(read: Part, cases: set[str], problems: Problems) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    by_lower: dict[str, str] = {}
    for line in read.reads:
        key = (line.reader, line.modality, line.case)
        if line.case not in cases:
            words = _("case %(case)s has no truth: it is in no list of cases.")
            problems.add(line.file, words % {"case": line.case}, row=line.row)
        if key in seen:
            words = _("%(reader)s has read case %(case)s in row %(row)d already.")
            told = {"reader": line.reader, "case": line.case, "row": seen[key]}
            problems.add(line.file, words % told, row=line.row)
        if by_lower.setdefault(line.reader.lower(), line.reader) != line.reader:
            words = _("reader %(reader)s is written in two ways.") % {"reader": line.reader}
            problems.add(line.file, words, row=line.row, column="reader")
        seen.setdefault(key, line.row)


def _name_modalities(read: Part, reading: Reading, problems: Problems) -> None:
    """Each modality of the file as unaided or aided. A single one is the unaided reading, whatever it is called."""
    names = list(dict.fromkeys(line.modality for line in read.reads))
    meaning = {name: name.lower() or UNAIDED for name in names}
    if len(names) == 1 and not (reading.unaided or reading.aided):
        meaning = {names[0]: UNAIDED}
        if names[0].lower() not in ("", UNAIDED):
            words = _("The only modality, “%(name)s”, is taken for the unaided reading.")
            problems.notice(words % {"name": names[0]})
    for name, wanted in ((reading.unaided, UNAIDED), (reading.aided, AIDED)):
        if name and name not in names:
            words = _("no modality is called “%(name)s”: there are %(names)s.")
            problems.add(read.reads[0].file, words % {"name": name, "names": ", ".join(names)})
        elif name:
            meaning[name] = wanted
    if set(meaning.values()) - {UNAIDED, AIDED} or len(set(meaning.values())) < len(names):
        problems.add(
            read.reads[0].file,
            _(
                "the modalities are %(names)s: say which one is the reading without the model and, if there is one, "
                "which the reading with it."
            )
            % {"names": ", ".join(names)},
        )
    elif UNAIDED not in meaning.values():
        problems.add(
            read.reads[0].file, _("no modality is the reading without the model: there is nothing to compare.")
        )
    for line in read.reads:
        line.modality = meaning[line.modality]


def _decide(read: Part, reading: Reading) -> None:
    rated = [line for line in read.reads if line.rating is not None]
    calls = calls_of([line.rating for line in rated if line.rating is not None], gs_from=reading.gs_from)
    for line, (is_gs, confidence) in zip(rated, calls if rated else [], strict=True):
        line.is_gs, line.confidence = is_gs, confidence


def _set_thresholds(cases: list[CaseLine], reading: Reading, problems: Problems) -> None:
    """One threshold a fold: from the file, else the one that was said."""
    if cases[0].score is None:
        return
    by_fold: dict[int | None, CaseLine] = {}
    for case in cases:
        if case.threshold is None:
            case.threshold = reading.threshold
        if case.threshold is None:
            problems.add(
                case.file,
                _(
                    "has no column threshold: say from which score on the model calls GS (0.5 is usual for a "
                    "probability)."
                ),
            )
            return
        first = by_fold.setdefault(case.fold, case)
        if first.threshold != case.threshold:
            told = {"fold": case.fold, "row": first.row}
            if case.fold is None:
                sentence = _("the scores have another threshold in row %(row)d.") % told
            else:
                sentence = _("fold %(fold)d has another threshold in row %(row)d.") % told
            problems.add(case.file, sentence, row=case.row, column="threshold")
