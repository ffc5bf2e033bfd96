"""Reads for the report of an import: its words and its reasons."""

import re
from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from readerstudy.said import said
from readerstudy.studies.imports.pictures import REMARKS
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine

Verdict = ImportLine.Verdict
Status = ImportBatch.Status
MOST = 8
SENTENCE = re.compile(r"(?<=[.?])\s+(?=[A-Z])")
ANOTHER = re.compile(r"“[^”]*”( of [\w.-]+\w)?")
GENERAL = (  # what _in_general makes of the reasons of lines, for the catalogue
    gettext_noop("The subject"),
    gettext_noop("The subject has an index photo already (another photo): say index_photo = no to add a further one."),
    gettext_noop("Looks the same as another photo: is it one child twice?"),
    gettext_noop("The same file, byte for byte, as another photo."),
    gettext_noop("The same name and content as another photo in another spelling."),
)


def begun_upload(cohort: Cohort) -> ImportBatch | None:
    """The latest upload that waits for the rest of its photos."""
    begun = cohort.imports.filter(status=Status.COLLECTING).select_related("created_by")
    return begun.order_by("-pk").first()


def pending_imports(cohort: Cohort) -> list[ImportBatch]:
    """Imports that are not over, the newest first."""
    over = [Status.FINISHED, Status.FAILED, Status.DISCARDED]
    return list(cohort.imports.exclude(status__in=over).order_by("-pk"))


def verdict_words(batch: ImportBatch) -> dict[str, str]:
    """What each verdict is called: as long as nothing is stored, a photo will be, or would have been, added."""
    words = {verdict.value: str(verdict.label) for verdict in Verdict}
    if batch.status == Status.DISCARDED:
        return words | {
            Verdict.ADDED.value: _("would have been added"),
            Verdict.REVIEW.value: _("would have needed a look"),
        }
    if batch.is_checked_first and batch.status not in {Status.FINISHED, Status.FAILED}:
        return words | {Verdict.ADDED.value: _("will be added")}
    return words


def reasons(batch: ImportBatch) -> list[tuple[str, list[tuple[str, int]]]]:
    """For photos that need a look and for refused ones: the reasons with their counts, the most frequent first.

    Names of files and subjects are left out, so that alike reasons are counted together.
    """
    words = verdict_words(batch)
    lines = batch.lines.filter(verdict__in=[Verdict.REVIEW, Verdict.REJECTED]).exclude(reason="")
    counted: dict[str, Counter[str]] = {Verdict.REVIEW.value: Counter(), Verdict.REJECTED.value: Counter()}
    for verdict, reason, code in lines.values_list("verdict", "reason", "subject_code").iterator():
        general = _in_general(reason, code)
        counted[verdict].update(_doubts(general) if verdict == Verdict.REVIEW else [general])
    return [
        (_capital(words[verdict]), [(said(reason), n) for reason, n in _most(counts)])
        for verdict, counts in counted.items()
        if counts
    ]


def _in_general(reason: str, code: str) -> str:
    """>>> _in_general("K-17 has an index photo already (“a.jpg”).", "K-17")
    'The subject has an index photo already (another photo).'
    """
    if code and reason.casefold().startswith(f"{code} ".casefold()):
        reason = f"The subject{reason[len(code) :]}"
    return ANOTHER.sub("another photo", reason)


def _doubts(reason: str) -> list[str]:
    """A photo may need a look for several reasons; what was merely done to it is none."""
    return [sentence for sentence in SENTENCE.split(reason) if sentence not in REMARKS]


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    most = counts.most_common(MOST)
    rest = counts.total() - sum(n for _, n in most)
    return [*most, *([(_("other reasons: see the lines below"), rest)] if rest else [])]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
