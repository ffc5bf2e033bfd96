"""Taking the rows of one import, one photo in memory at a time. Every line is its own transaction."""

import hashlib
import hmac
import logging
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from readerstudy.studies.imports import limits
from readerstudy.studies.imports.archive import EntryRefused, Source
from readerstudy.studies.imports.likeness import Likenesses
from readerstudy.studies.imports.manifest import Row
from readerstudy.studies.imports.names import base, shown
from readerstudy.studies.imports.pictures import CleanPicture, PictureRefused, clean
from readerstudy.studies.imports.plan import Step
from readerstudy.studies.models import ImportBatch, ImportLine, Photo, Subject
from readerstudy.studies.services.faces import put, queue_faces

log = logging.getLogger(__name__)
Verdict = ImportLine.Verdict


class TakenOver(Exception):
    """Another worker has taken this import, so this one stops."""


class RowRefused(Exception):
    """The message is the reason; ``verdict`` and ``photo`` go with it into the line."""

    def __init__(self, reason: str, *, verdict: str = Verdict.REJECTED, photo: Photo | None = None) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.photo = photo


class Run:
    """One worker's go at a batch. What an earlier go has written stays and is not done again."""

    def __init__(self, batch: ImportBatch, source: Source) -> None:
        self.batch = batch
        self.cohort = batch.cohort
        self.source = source
        self.subjects = {s.code.casefold(): s for s in Subject.objects.filter(cohort=self.cohort)}
        known = Photo.objects.filter(cohort=self.cohort).exclude(perceptual_hash="")
        self.likenesses = Likenesses(list(known.values_list("id", "perceptual_hash")))

    def take(self, steps: list[Step]) -> None:
        written = set(self.batch.lines.values_list("number", flat=True))
        unsent = 0
        for step in steps:
            if step.number in written:
                continue
            unsent += self._one(step)
            if unsent >= limits.FACES_A_MESSAGE:
                queue_faces(cohort=self.cohort)
                unsent = 0

    def _one(self, step: Step) -> bool:
        """Write the line of one step; whether a photo was stored."""
        if step.row is None:
            self._write(step, verdict=step.verdict, reason=step.reason)
            return False
        try:
            picture, doubts = self._judge(step)
            self._store(step, picture, doubts)
        except RowRefused as refused:
            self._write(step, verdict=refused.verdict, reason=str(refused), photo=refused.photo)
        except (EntryRefused, PictureRefused) as refused:
            self._write(step, verdict=Verdict.REJECTED, reason=str(refused))
        except TakenOver:
            raise
        except Exception as error:  # one file may not take the others down
            log.exception("Import %s: line %s failed.", self.batch.pk, step.number)
            self._write(step, verdict=Verdict.REJECTED, reason=f"Could not be taken ({type(error).__name__}).")
        else:
            return True
        return False

    def _judge(self, step: Step) -> tuple[CleanPicture, list[str]]:
        """The clean picture and what a person should look at; or an exception with the reason."""
        if step.entry is None:
            raise RowRefused("The manifest names this photo, but it is not among the files.")
        subject = self._known_subject(step.row)
        data = self.source.read(step.entry)
        self._refuse_same_bytes(hashlib.sha256(data).hexdigest(), subject)
        if subject and step.row.is_index and (index := subject.photos.filter(is_index=True).first()):
            raise RowRefused(
                f"{subject.code} has an index photo already (“{index.original_name}”): "
                "say index_photo = no to add a further one.",
                photo=index,
            )
        picture = clean(data)
        return picture, [*picture.doubts, *self._twin(picture, subject)]

    def _known_subject(self, row: Row) -> Subject | None:
        subject = self.subjects.get(row.subject_id.casefold())
        if subject is None:
            return None
        if subject.consent_withdrawn_at:
            raise RowRefused(f"Consent of {subject.code} was withdrawn: nothing is taken.")
        stored = (subject.has_syndrome, subject.diagnosis, subject.confirmation, subject.sex, subject.consent)
        if stored != row.facts:
            raise RowRefused(f"{subject.code} is in the cohort already with another label, diagnosis, sex or consent.")
        return subject

    def _refuse_same_bytes(self, sha256: str, subject: Subject | None) -> None:
        twin = Photo.objects.filter(cohort=self.cohort, sha256=sha256).select_related("subject").first()
        if twin is None:
            return
        if subject and twin.subject_id == subject.pk:
            raise RowRefused("In the cohort already: nothing was added.", verdict=Verdict.IGNORED, photo=twin)
        if twin.status == Photo.Status.ERASED:
            raise RowRefused("Consent to this very photo was withdrawn: nothing is taken.")
        raise RowRefused(f"The same file, byte for byte, as “{twin.original_name}” of {twin.subject.code}.", photo=twin)

    def _twin(self, picture: CleanPicture, subject: Subject | None) -> list[str]:
        own = set(subject.photos.values_list("id", flat=True)) if subject else set()
        pk = self.likenesses.twin(picture.fingerprint, besides=own)
        if pk is None:
            return []
        twin = Photo.objects.select_related("subject").get(pk=pk)
        return [f"Looks the same as “{twin.original_name}” of {twin.subject.code}: is it one child twice?"]

    def _store(self, step: Step, picture: CleanPicture, doubts: list[str]) -> None:
        try:
            with transaction.atomic():
                subject = self.subjects.get(step.row.subject_id.casefold()) or self._new_subject(step.row)
                photo = self._new_photo(step, subject, picture, doubts)
                self._write(
                    step,
                    verdict=Verdict.REVIEW if doubts else Verdict.ADDED,
                    reason=" ".join([*doubts, *picture.remarks]),
                    photo=photo,
                )
        except IntegrityError:
            raise RowRefused("Another import took this subject or photo at the same moment: import it again.") from None
        self.subjects[subject.code.casefold()] = subject
        self.likenesses.add(photo.pk, picture.fingerprint)

    def _new_subject(self, row: Row) -> Subject:
        return Subject.objects.create(
            cohort=self.cohort,
            code=row.subject_id,
            has_syndrome=row.has_syndrome,
            diagnosis=row.syndrome,
            confirmation=row.confirmation,
            sex=row.sex,
            age_months=row.age_months,
            consent=row.consent,
        )

    def _new_photo(self, step: Step, subject: Subject, picture: CleanPicture, doubts: list[str]) -> Photo:
        photo = Photo(
            token=self._token(step.number),
            subject=subject,
            cohort=self.cohort,
            original_name=shown(base(step.entry.name)),
            sha256=picture.sha256,
            perceptual_hash=picture.fingerprint,
            width=picture.width,
            height=picture.height,
            is_index=step.row.is_index,
            warnings=doubts,
        )
        put(photo.file, f"{photo.token}.jpg", picture.data)
        photo.save(force_insert=True)
        return photo

    def _token(self, number: int) -> uuid.UUID:
        """Not to be guessed, and the same after a crash: what it left on disk is overwritten, not orphaned."""
        message = f"import:{self.batch.pk}:{self.batch.directory}:{number}".encode()
        return uuid.UUID(bytes=hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")[:16], version=4)

    def _write(self, step: Step, *, verdict: str, reason: str, photo: Photo | None = None) -> None:
        try:
            with transaction.atomic():
                ImportLine.objects.create(
                    batch=self.batch,
                    number=step.number,
                    file=shown(step.name),
                    subject_code=step.row.subject_id if step.row else "",
                    verdict=verdict,
                    reason=shown(reason, limit=500),
                    photo=photo,
                )
                alive = ImportBatch.objects.filter(pk=self.batch.pk, status=ImportBatch.Status.RUNNING)
                alive.update(done=F("done") + 1, heartbeat_at=timezone.now())
        except IntegrityError:
            raise TakenOver from None
