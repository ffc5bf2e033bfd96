"""Storing an imported study: everything in one transaction, or nothing."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, studies_of
from readerstudy.studies.models import Case, Cohort, Face, Membership, Photo, Protocol, Study, Subject
from screening.imports.content import Content, Reading, content_of
from screening.imports.files import File
from screening.imports.fresh import let_the_planner_count
from screening.imports.readings import store_readers
from screening.imports.runs import store_run
from screening.models import StagedFile, StudyImport

NAME = 120
KEPT = timedelta(days=1)  # how long checked files wait for a yes
LARGEST_NUMBER = 2**31 - 1
NO_PHOTOGRAPH = "There is no photograph: the study was imported with its results only."


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the importer says. ``kind`` has no default: whose faces these were is nobody's guess."""

    name: str
    kind: str
    description: str = ""
    reading: Reading = field(default_factory=Reading)

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > NAME:
            raise Refused(_("A study needs a name of at most %(most)d characters.") % {"most": NAME})
        if self.kind not in Cohort.Kind.values:
            raise Refused(_("Say what the faces were: %(kinds)s.") % {"kinds": ", ".join(Cohort.Kind.values)})


def may_import(user: User) -> bool:
    """Investigators of any study, and those who may make studies."""
    return user.may_coordinate or studies_of(user, INVESTIGATOR).exists()


def check_files(*, files: Sequence[File], wishes: Wishes, by: User) -> tuple[Content, StudyImport | None]:
    """What the files hold, and the import that already brought them in. Stores nothing."""
    return content_of(files, reading=wishes.reading), _stored(_digest(files, wishes), by)


def import_study(*, files: Sequence[File], wishes: Wishes, by: User) -> StudyImport:
    """
    The same files again give the import that is there.

    Raises
    ------
    Refused
        With every problem of the files (``FilesRefused``), or because the name is taken. Nothing is stored then.
    """
    content, stored = check_files(files=files, wishes=wishes, by=by)
    if stored:
        return stored
    waiting = StudyImport(created_by=by, **_described(files, wishes, content))
    return _store(waiting, content, wishes)


def stage(*, files: Sequence[File], wishes: Wishes, by: User) -> StudyImport:
    """Check, and keep the files for a day until somebody says yes. Returns a stored import for known files."""
    content, stored = check_files(files=files, wishes=wishes, by=by)
    forget_staged()
    if stored:
        return stored
    with transaction.atomic():
        waiting = StudyImport.objects.create(created_by=by, **_described(files, wishes, content))
        StagedFile.objects.bulk_create(
            StagedFile(study_import=waiting, name=file.name, data=file.data) for file in files
        )
    return waiting


def confirm(waiting: StudyImport) -> StudyImport:
    """Read the kept files again, by the program as it is now, and store the study."""
    if waiting.study_id:
        return waiting
    files = [File(name=file.name, data=bytes(file.data)) for file in waiting.staged.order_by("id")]
    wishes = wishes_from(waiting.wishes)
    content, stored = check_files(files=files, wishes=wishes, by=waiting.created_by)
    if stored:
        waiting.delete()
        return stored
    return _store(waiting, content, wishes)


def discard(waiting: StudyImport) -> None:
    if waiting.study_id:
        raise Refused(_("This study is stored already."), status=409)
    waiting.delete()


def forget_staged() -> None:
    StudyImport.objects.filter(study__isnull=True, created_at__lt=timezone.now() - KEPT).delete()


def wishes_from(values: dict[str, Any]) -> Wishes:
    return Wishes(**{**values, "reading": Reading(**values["reading"])})


def _described(files: Sequence[File], wishes: Wishes, content: Content) -> dict[str, Any]:
    told = [
        {"name": file.name, "sha256": file.sha256, "size": len(file.data), "form": content.forms[file.name]}
        for file in files
    ]
    return {
        "digest": _digest(files, wishes),
        "files": told,
        "wishes": asdict(wishes),
        "found": content.summary(),
    }


def _digest(files: Sequence[File], wishes: Wishes) -> str:
    """Over what makes the numbers; the study's name and description do not."""
    source = [sorted(file.sha256 for file in files), wishes.kind, asdict(wishes.reading)]
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def _stored(digest: str, by: User) -> StudyImport | None:
    found = StudyImport.objects.filter(digest=digest, created_by=by, study__isnull=False)
    return found.select_related("study", "run").first()


def _store(made: StudyImport, content: Content, wishes: Wishes) -> StudyImport:
    by = made.created_by
    name = " ".join(wishes.name.split())
    if Study.objects.filter(name=name).exists() or Cohort.objects.filter(name=name).exists():
        words = _("There is a study or cohort named “%(name)s” already: choose another name.")
        raise Refused(words % {"name": name}, status=409)
    try:
        with transaction.atomic():
            made.stored_at = timezone.now()
            made.study = _study(content, wishes, name=name, by=by, at=made.stored_at)
            cases = _cases(content, made.study)
            store_readers(content, made.study, cases)
            made.run = store_run(content, made.study, cases, by=by) if content.has_scores else None
            made.save()
            made.staged.all().delete()
            record("study.imported", actor=by, target=f"study:{made.study_id}", files=made.files, digest=made.digest)
    except IntegrityError:  # the same files came in twice in this moment
        stored = _stored(made.digest, by)
        if stored is None:
            words = _("There is a study named “%(name)s” already: choose another name.")
            raise Refused(words % {"name": name}, status=409) from None
        return stored
    let_the_planner_count()
    return made


def _study(content: Content, wishes: Wishes, *, name: str, by: User, at: Any) -> Study:
    """Closed, with its importer as investigator. The protocol is a stand-in that no fact is ever read from."""
    cohort = Cohort.objects.create(
        name=name, kind=wishes.kind, created_by=by, description="Imported with its results: no photographs are here."
    )
    study = Study.objects.create(
        cohort=cohort,
        name=name,
        description=wishes.description,
        status=Study.Status.CLOSED,
        created_by=by,
        opened_at=at,
        closed_at=at,
    )
    has_confidence = content.summary()["has_confidence"]
    confidence = Protocol.Confidence.HUNDRED if has_confidence else Protocol.Confidence.NONE
    Protocol.objects.create(study=study, confidence=confidence)
    Membership.objects.create(study=study, user=by, role=INVESTIGATOR)
    return study


def _cases(content: Content, study: Study) -> dict[str, Case]:
    """Subjects under the codes of the file. Numbers are those codes where all are whole numbers, else 1, 2 ..."""
    cohort, codes = study.cohort, [line.code for line in content.cases]
    subjects = Subject.objects.bulk_create(
        Subject(
            cohort=cohort,
            code=line.code,
            has_syndrome=line.truth,
            diagnosis=line.diagnosis,
            sex=line.sex,
            age_months=line.age_months,
        )
        for line in content.cases
    )
    photos = Photo.objects.bulk_create(
        Photo(
            subject=subject,
            cohort=cohort,
            original_name="",
            sha256=f"no photograph: {subject.code}",  # there are no bytes to take a sum of
            width=0,
            height=0,
            status=Photo.Status.UNUSABLE,
            warnings=[NO_PHOTOGRAPH],
        )
        for subject in subjects
    )
    Face.objects.bulk_create(
        Face(photo=photo, is_found=False, reason=NO_PHOTOGRAPH, detector_version="none") for photo in photos
    )
    numbers = [int(code) for code in codes] if _are_numbers(codes) else range(1, len(codes) + 1)
    cases = Case.objects.bulk_create(
        Case(study=study, photo=photo, number=number) for photo, number in zip(photos, numbers, strict=True)
    )
    return dict(zip(codes, cases, strict=True))


def _are_numbers(codes: list[str]) -> bool:
    """Plain positive whole numbers, none written in two ways (7 and 007)."""
    plain = all(code.isascii() and code.isdigit() and str(int(code)) == code for code in codes)
    return plain and all(0 < int(code) <= LARGEST_NUMBER for code in codes)
