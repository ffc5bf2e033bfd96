"""Making a study, choosing its faces, opening and closing it."""

import random
import secrets
from collections.abc import Iterable
from typing import Any, Literal

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid, Case, Cohort, Photo, Protocol, Study
from readerstudy.studies.models.studies import MOST_PARTS
from readerstudy.studies.selectors.studies import (
    PARTS,
    current_protocol,
    eligible_photos,
    opening_checks,
    protocol_digest,
)
from readerstudy.studies.services import sampling, texts
from readerstudy.studies.services.parts import divide_faces
from readerstudy.studies.services.people import add_member
from readerstudy.studies.syndromes import LONGEST_NAME, MOST_NAMES

DRAFT, OPEN, CLOSED = Study.Status.DRAFT, Study.Status.OPEN, Study.Status.CLOSED
RULES = {
    field.name
    for field in Protocol._meta.get_fields()
    if field.concrete and field.name not in {"id", "study", "version", "frozen_at", "digest"}
}


@transaction.atomic
def create_study(
    *,
    cohort: Cohort,
    name: str,
    created_by: User,
    description: str = "",
    consent_text: str = texts.CONSENT,
    instructions: str = texts.INSTRUCTIONS,
    **protocol: Any,
) -> Study:
    """A draft with protocol version 1 (the paper's, unless ``protocol`` says otherwise), coordinated by its maker."""
    _refuse_unknown(protocol)
    if Study.objects.filter(name=name).exists():
        raise Refused(_("There is a study named “%(name)s” already. Choose another name.") % {"name": name}, status=409)
    study = Study.objects.create(
        cohort=cohort,
        name=name,
        created_by=created_by,
        description=description,
        consent_text=str(consent_text),
        instructions=str(instructions),
    )
    _write(Protocol(study=study, **protocol))
    record("study.created", actor=created_by, target=f"study:{study.pk}", name=name, cohort=cohort.pk, **protocol)
    add_member(study=study, user=created_by, role="coordinator", by=created_by)
    return study


@transaction.atomic
def update_study(*, study: Study, by: User, **words: str) -> Study:
    """Change name, description, consent text or instructions while the study is a draft."""
    study = _locked(study)
    _require(study, DRAFT, _("The words of a study are frozen once it is open."))
    for field in ("name", "description", "consent_text", "instructions"):
        if field in words:
            setattr(study, field, words[field])
    if Study.objects.filter(name=study.name).exclude(pk=study.pk).exists():
        raise Refused(
            _("There is a study named “%(name)s” already. Choose another name.") % {"name": study.name}, status=409
        )
    study.save()
    record("study.changed", actor=by, target=f"study:{study.pk}", fields=sorted(words))
    return study


@transaction.atomic
def update_protocol(*, study: Study, by: User, reason: str = "", **rules: Any) -> Protocol:
    """Change the rules: in place in a draft; as a new, frozen version once open; never after the first exposure."""
    _refuse_unknown(rules)
    study = _locked(study)
    if study.status == CLOSED:
        raise Refused(_("The study is closed: its protocol no longer changes."), status=409)
    protocol = current_protocol(study)
    changes = {name: [getattr(protocol, name), new] for name, new in rules.items() if getattr(protocol, name) != new}
    if not changes:
        return protocol
    if study.status != DRAFT:
        _refuse_after_first_exposure(study)
        if not reason.strip():
            raise Refused(
                _("The study is open: say why the protocol changes. The reason is kept with the new version.")
            )
        protocol.pk, protocol.version, protocol._state.adding = None, protocol.version + 1, True
    for name, (_before, new) in changes.items():
        setattr(protocol, name, new)
    _write(protocol)
    if study.status != DRAFT:
        if "parts" in changes:
            _refuse_too_many_parts(study)
            divide_faces(study=study, protocol=protocol)
        _freeze(protocol)
    record(
        "protocol.changed",
        actor=by,
        target=f"study:{study.pk}",
        version=protocol.version,
        changes=changes,
        reason=reason,
        digest=protocol.digest,
    )
    return protocol


@transaction.atomic
def choose_cases(
    *,
    study: Study,
    by: User,
    how: Literal["all", "sample", "photos"] = "all",
    n: int | None = None,
    practice: int = 0,
    seed: int | None = None,
    photos: Iterable[Photo] | None = None,
    with_unstated: bool = False,
    diagnoses: Iterable[str] = (),
) -> list[Case]:
    """Replace the faces of a draft. Practice faces are drawn first and are never among the faces to read.

    ``all``: every ready index photo with a stated truth; ``sample``: ``n`` of them, stratified by group and diagnosis;
    ``photos``: exactly those. ``with_unstated`` takes photos without a truth too: they can be read, not analysed.
    ``diagnoses`` (none: all) keeps of the children with a syndrome only those with one of these; controls always stay.
    Numbers are dealt at random, so that neither order nor number says anything about the truth.
    """
    study = _locked(study)
    _require(study, DRAFT, _("The faces of a study are frozen once it is open."))
    seed = secrets.randbelow(2**31) if seed is None else seed
    dice = random.Random(seed)
    pool = _with_diagnoses(list(eligible_photos(study.cohort)), named := sorted(set(diagnoses)))
    wanted = None if photos is None else {photo.pk for photo in photos}
    trained_on = [p for p in pool if p.subject.has_syndrome is not None and (how != "photos" or p.pk not in wanted)]
    rehearsal = sampling.stratified(trained_on, practice, dice, what=_("practice faces"))
    kept_apart = {photo.pk for photo in rehearsal}
    rest = [p for p in pool if p.pk not in kept_apart and (with_unstated or p.subject.has_syndrome is not None)]
    reading = _pick(how, rest, n=n, wanted=wanted, dice=dice)
    for aid in Aid.objects.filter(case__study=study).exclude(heat_map=""):
        aid.heat_map.delete(save=False)
    study.cases.all().delete()
    dice.shuffle(reading)
    dice.shuffle(rehearsal)
    cases = Case.objects.bulk_create(
        Case(study=study, photo=photo, number=number, is_practice=photo.pk in kept_apart)
        for number, photo in enumerate([*reading, *rehearsal], 1)
    )
    record(
        "cases.chosen",
        actor=by,
        target=f"study:{study.pk}",
        how=how,
        reading=len(reading),
        practice=len(rehearsal),
        seed=seed,
        **({"diagnoses": named} if named else {}),
    )
    return cases


def _with_diagnoses(pool: list[Photo], diagnoses: list[str]) -> list[Photo]:
    if not diagnoses:
        return pool
    if unknown := set(diagnoses) - {photo.subject.diagnosis for photo in pool if photo.subject.has_syndrome}:
        raise Refused(
            _("No face of the cohort that is ready has this diagnosis: %(names)s.")
            % {"names": ", ".join(sorted(unknown))}
        )
    return [photo for photo in pool if not photo.subject.has_syndrome or photo.subject.diagnosis in diagnoses]


def _pick(how: str, rest: list[Photo], *, n: int | None, wanted: set[int] | None, dice: random.Random) -> list[Photo]:
    if how == "sample":
        if not n or n < 1:
            raise Refused(_("Say how many faces the sample should have."))
        return sampling.stratified(rest, n, dice, what=_("faces"))
    if how == "photos":
        chosen = [photo for photo in rest if photo.pk in (wanted or set())]
        if missing := len(wanted or set()) - len(chosen):
            raise Refused(
                _("%(missing)s of the chosen photos cannot be read: not ready, not an index photo, or no truth.")
                % {"missing": missing}
            )
    else:
        chosen = rest
    if not chosen:
        raise Refused(
            _(
                "The cohort has no faces to read: import photos, and wait until their faces are found. "
                "Faces without a stated truth are taken only when you say so."
            )
        )
    return chosen


@transaction.atomic
def open_study(*, study: Study, by: User) -> Study:
    """draft -> open: checks that everything can be shown, then freezes and hashes the protocol."""
    study = _locked(study)
    _require(study, DRAFT, _("Only a draft can be opened."))
    for check in opening_checks(study):
        if check.state == "stop":
            raise Refused(check.sentence, status=409)
    protocol = current_protocol(study)
    divide_faces(study=study, protocol=protocol)
    _freeze(protocol)
    study.status, study.opened_at = OPEN, timezone.now()
    study.save(update_fields=["status", "opened_at"])
    record(
        "study.opened",
        actor=by,
        target=f"study:{study.pk}",
        cases=study.cases.filter(is_practice=False).count(),
        version=protocol.version,
        digest=protocol.digest,
    )
    return study


@transaction.atomic
def close_study(*, study: Study, by: User) -> Study:
    """open -> closed: nobody can read any more; nothing is deleted."""
    study = _locked(study)
    _require(study, OPEN, _("Only an open study can be closed."))
    study.status, study.closed_at = CLOSED, timezone.now()
    study.save(update_fields=["status", "closed_at"])
    record("study.closed", actor=by, target=f"study:{study.pk}")
    return study


@transaction.atomic
def reopen_study(*, study: Study, by: User, reason: str = "") -> Study:
    """closed -> open again, under the same frozen protocol."""
    study = _locked(study)
    _require(study, CLOSED, _("Only a closed study can be opened again."))
    study.status, study.closed_at, study.reopened_at = OPEN, None, timezone.now()
    study.save(update_fields=["status", "closed_at", "reopened_at"])
    record("study.reopened", actor=by, target=f"study:{study.pk}", reason=reason)
    return study


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=study.pk)


def _require(study: Study, status: str, sentence: str) -> None:
    if study.status != status:
        raise Refused(
            _("%(sentence)s “%(name)s” is %(state)s.")
            % {"sentence": sentence, "name": study.name, "state": study.get_status_display()},
            status=409,
        )


def _refuse_unknown(rules: dict[str, Any]) -> None:
    names = str(rules.get("syndromes", "")).splitlines()
    if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
        raise Refused(
            _("At most %(most_names)s suggested syndromes, each of at most %(longest_name)s characters.")
            % {"most_names": MOST_NAMES, "longest_name": LONGEST_NAME}
        )
    if unknown := sorted(set(rules) - RULES):
        raise Refused(_("The protocol has no rule named %(unknown)s.") % {"unknown": ", ".join(unknown)})


def _refuse_too_many_parts(study: Study) -> None:
    for check in opening_checks(study):
        if check.label == PARTS and check.state == "stop":
            raise Refused(check.sentence, status=409)


def _refuse_after_first_exposure(study: Study) -> None:
    # readerstudy.reading lies above this room: its rows are reached by name, not imported.
    if study.cases.filter(trials__exposure__isnull=False, is_practice=False).exists():
        raise Refused(_("A face has been shown to a reader: the protocol can no longer change."), status=409)


def _write(protocol: Protocol) -> None:
    try:
        with transaction.atomic():
            protocol.save()
    except (IntegrityError, DataError):
        raise Refused(
            _(
                "The protocol was refused: a face is shown for 0.1 s to 10 minutes, percentages go from 0 "
                "to 100, an answer can be taken back for 1 to 60 seconds, and the faces are divided into 1 to "
                "%(most_parts)s parts."
            )
            % {"most_parts": MOST_PARTS}
        ) from None


def _freeze(protocol: Protocol) -> Protocol:
    protocol.frozen_at = timezone.now()
    protocol.digest = protocol_digest(protocol)
    protocol.save(update_fields=["frozen_at", "digest"])
    return protocol
