"""Reading about studies: the rules in force, the faces that may be read, what still stands before opening."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Q, QuerySet
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.refusal import Refused
from readerstudy.studies.models import Case, Cohort, Photo, Protocol, Study
from readerstudy.studies.selectors.parts import faces_each


def current_protocol(study: Study) -> Protocol:
    """The rules in force: the highest version."""
    return study.protocols.order_by("-version").first() or Protocol(study=study)


def eligible_photos(cohort: Cohort) -> QuerySet[Photo]:
    """Photos of the cohort that a reader could be shown: index photo, ready, with a rendition, consent standing."""
    return (
        Photo.objects.filter(
            cohort=cohort, is_index=True, status=Photo.Status.READY, subject__consent_withdrawn_at__isnull=True
        )
        .exclude(face__isnull=True)
        .exclude(face__rendition="")
        .select_related("subject")
        .order_by("id")
    )


def diagnoses_of(cohort: Cohort) -> list[tuple[str, int]]:
    """The named diagnoses among the faces that can be read, with their numbers, the most frequent first."""
    ready = eligible_photos(cohort).filter(subject__has_syndrome=True).exclude(subject__diagnosis="")
    named = ready.order_by().values_list("subject__diagnosis").annotate(n=Count("id"))
    return sorted(named, key=lambda row: (-row[1], row[0]))


def practice_truth(case: Case) -> bool | None:
    """Whether the child on a *practice* case has a syndrome; the truth of any other case stays closed."""
    if not case.is_practice:
        raise Refused(_("The truth is told for practice faces only."), status=403)
    return case.photo.subject.has_syndrome


@dataclass(frozen=True, kw_only=True)
class CaseCounts:
    reading: int
    practice: int
    with_syndrome: int  # among the reading cases
    without_syndrome: int
    unstated: int


def case_counts(study: Study) -> CaseCounts:
    reading = Q(is_practice=False)
    return CaseCounts(
        **study.cases.aggregate(
            reading=Count("id", filter=reading),
            practice=Count("id", filter=Q(is_practice=True)),
            with_syndrome=Count("id", filter=reading & Q(photo__subject__has_syndrome=True)),
            without_syndrome=Count("id", filter=reading & Q(photo__subject__has_syndrome=False)),
            unstated=Count("id", filter=reading & Q(photo__subject__has_syndrome__isnull=True)),
        )
    )


# Rules that came after the first release. At these values they are left out of the fingerprint, so that a protocol
# frozen before they existed keeps the one it was published with.
LATER_RULES = {
    name: Protocol._meta.get_field(name).get_default()
    for name in (
        "design",
        "undo_ms",
        "asks_syndrome",
        "syndromes",
        "sides",
        "shows_own_result",
        "is_blinded_until_closed",
        "parts",
    )
}


def protocol_digest(protocol: Protocol) -> str:
    """SHA-256 (hex) over the rules and the ordered cases, by the bytes of their pictures."""
    rules = model_to_dict(protocol, exclude=["id", "study", "frozen_at", "digest"])
    rules = {name: value for name, value in rules.items() if LATER_RULES.get(name, ...) != value}
    study = protocol.study
    words = {"consent_text": study.consent_text, "instructions": study.instructions}
    division = ["part"] if protocol.parts > 1 else []
    cases = study.cases.order_by("number").values_list("number", "photo__sha256", "is_practice", *division)
    content = {"rules": rules, "words": words, "cases": [list(case) for case in cases]}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the list before opening. ``stop`` keeps the study closed, ``warn`` only says so."""

    label: str
    state: Literal["ok", "warn", "stop"]
    sentence: str


def opening_checks(study: Study) -> list[Check]:
    """What stands before opening, in the order a coordinator would settle it."""
    counts = case_counts(study)
    faces = [_enough_cases(counts)]
    if counts.reading:
        faces += [_renditions(study), _truths(counts), _practice(study, counts)]
        faces += [_parts(counts, current_protocol(study).parts)] if current_protocol(study).parts > 1 else []
        faces += [_aids(study, counts)] if current_protocol(study).design != Protocol.Design.UNAIDED else []
    return [*faces, _people(study)]


def _enough_cases(counts: CaseCounts) -> Check:
    if counts.reading == 0:
        return Check(label=_("Faces to read"), state="stop", sentence=_("No faces are chosen yet."))
    return Check(label=_("Faces to read"), state="ok", sentence=_("%(n)s faces are chosen.") % {"n": counts.reading})


def _renditions(study: Study) -> Check:
    waiting = study.cases.exclude(photo__in=eligible_photos(study.cohort)).count()
    if waiting:
        sentence = _("%(n)s of the chosen faces cannot be shown any more. Choose the faces again.") % {"n": waiting}
        return Check(label=_("Pictures"), state="stop", sentence=sentence)
    return Check(label=_("Pictures"), state="ok", sentence=_("Every chosen face has a picture to show."))


def _truths(counts: CaseCounts) -> Check:
    label = _("Truth")
    if counts.unstated:
        sentence = _("%(n)s faces have no stated truth: they can be read, but not analysed.") % {"n": counts.unstated}
        return Check(label=label, state="warn", sentence=sentence)
    if not (counts.with_syndrome and counts.without_syndrome):
        sentence = _("All faces belong to one group: sensitivity or specificity cannot be computed.")
        return Check(label=label, state="warn", sentence=sentence)
    return Check(label=label, state="ok", sentence=_("Every face has a stated truth, and both groups are there."))


PARTS = gettext_lazy("Parts")
FEWEST_OF_A_GROUP = 2  # of each group a reader has to read, or no variance can be computed


def _parts(counts: CaseCounts, parts: int) -> Check:
    """Every reader's own part has to be one that can be analysed."""
    fewest = min(counts.with_syndrome, counts.without_syndrome) // parts
    least, most = faces_each(counts.reading, parts)
    if least == 0 or (counts.with_syndrome and counts.without_syndrome and fewest < FEWEST_OF_A_GROUP):
        sentence = _(
            "Divided into %(parts)s parts, a reader could meet fewer than %(fewest)s faces of one group, which "
            "no analysis can use. Choose fewer parts, or more faces."
        ) % {"parts": parts, "fewest": FEWEST_OF_A_GROUP}
        return Check(label=str(PARTS), state="stop", sentence=sentence)
    each = f"{least}" if least == most else _("%(least)s or %(most)s") % {"least": least, "most": most}
    sentence = _("The faces will be divided into %(parts)s parts; each reader reads %(each)s of %(n)s.")
    sentence %= {"parts": parts, "each": each, "n": counts.reading}
    return Check(label=str(PARTS), state="ok", sentence=sentence)


def _practice(study: Study, counts: CaseCounts) -> Check:
    if counts.practice == 0:
        state: Literal["warn", "stop"] = "stop" if current_protocol(study).practice_pass_percent else "warn"
        sentence = _("There are no practice faces: readers start with the first real one.")
        if state == "stop":
            sentence = _("The protocol sets a pass mark for practice, but there are no practice faces.")
        return Check(label=_("Practice"), state=state, sentence=sentence)
    return Check(
        label=_("Practice"), state="ok", sentence=_("%(n)s practice faces, kept apart.") % {"n": counts.practice}
    )


def cases_without_aid(study: Study) -> QuerySet[Case]:
    """The faces to read for which the model's output is not prepared yet. Practice is never aided."""
    return study.cases.filter(is_practice=False, aid__isnull=True)


def _aids(study: Study, counts: CaseCounts) -> Check:
    label = _("Model's output")
    if missing := cases_without_aid(study).count():
        sentence = _(
            "It is missing for %(missing)s of %(n)s faces. Nobody can begin a reading with it before an "
            "investigator has prepared it on the study's analysis page."
        ) % {"missing": missing, "n": counts.reading}
        return Check(label=label, state="warn", sentence=sentence)
    return Check(label=label, state="ok", sentence=_("It is prepared for every face to read."))


def _people(study: Study) -> Check:
    readers = study.readers.filter(withdrawn_at__isnull=True).count()
    pending = study.invitations.filter(role="reader", accepted_at__isnull=True, revoked_at__isnull=True).count()
    if readers + pending == 0:
        sentence = _("Nobody is invited to read yet. You can also invite readers once the study is open.")
        return Check(label=_("Readers"), state="warn", sentence=sentence)
    return Check(
        label=_("Readers"),
        state="ok",
        sentence=_("%(readers)s readers, %(pending)s invited.") % {"readers": readers, "pending": pending},
    )
