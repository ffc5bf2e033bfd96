"""Taking the rows of one import, one photo in memory at a time. Every line is its own transaction.

Three ways through the same judgement: ``take`` stores at once, ``check`` puts the clean pictures aside, and ``store``
takes what was checked once a person has said yes, judging again only what the cohort may have changed since.
"""

import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports import limits
from readerstudy.studies.imports.archive import EntryRefused, Source
from readerstudy.studies.imports.manifest import Row
from readerstudy.studies.imports.names import base, shown
from readerstudy.studies.imports.pictures import CleanPicture, PictureRefused, clean
from readerstudy.studies.imports.plan import Step
from readerstudy.studies.imports.register import Expected, Register, RowRefused
from readerstudy.studies.imports.staging import Staging
from readerstudy.studies.models import ImportBatch, ImportLine, Photo, Subject
from readerstudy.studies.services.faces import put, queue_faces
from readerstudy.trouble import trouble_of

log = logging.getLogger(__name__)
Verdict = ImportLine.Verdict
TO_STORE = (Verdict.ADDED, Verdict.REVIEW)
Picture = Callable[[Step], CleanPicture]
Keep = Callable[[Step, CleanPicture, list[str]], None]


class TakenOver(Exception):
    """Another worker has taken this import, so this one stops."""


class Run:
    """One worker's go at a batch. What an earlier go has written stays and is not done again."""

    def __init__(self, batch: ImportBatch, *, staging: Staging | None = None) -> None:
        self.batch = batch
        self.cohort = batch.cohort
        self.staging = staging
        self.register = Register(batch.cohort)

    def take(self, steps: list[Step], source: Source) -> None:
        """Every step, stored as soon as it is judged."""
        self._through(self._unwritten(steps), self._from(source), self._store)

    def check(self, steps: list[Step], source: Source) -> None:
        """Every step judged and its line written; the clean pictures wait in the staging folder."""
        for number in self._numbers_to_store():
            self._expect(self.staging.step(number), *self.staging.hashes(number))
        self._through(self._unwritten(steps), self._from(source), self._stage)

    def store(self) -> None:
        """What was checked and is not in the cohort yet."""
        steps = (self.staging.step(number) for number in self._numbers_to_store())
        self._through(steps, self._staged, self._store)

    def _numbers_to_store(self) -> list[int]:
        lines = self.batch.lines.filter(verdict__in=TO_STORE, photo=None)
        return list(lines.order_by("number").values_list("number", flat=True))

    def _unwritten(self, steps: list[Step]) -> Iterable[Step]:
        written = set(self.batch.lines.values_list("number", flat=True))
        return (step for step in steps if step.number not in written)

    def _through(self, steps: Iterable[Step], picture: Picture, keep: Keep) -> None:
        unsent = 0
        for step in steps:
            unsent += self._one(step, picture, keep)
            if unsent >= limits.FACES_A_MESSAGE:
                queue_faces(cohort=self.cohort)
                unsent = 0

    def _one(self, step: Step, picture: Picture, keep: Keep) -> bool:
        """Write the line of one step; whether its photo was kept."""
        if step.row is None:
            self._write(step, verdict=step.verdict, reason=step.reason)
            return False
        try:
            seen = picture(step)
            keep(step, seen, [*seen.doubts, *self.register.twin(step.row, fingerprint=seen.fingerprint)])
        except RowRefused as refused:
            self._write(step, verdict=refused.verdict, reason=str(refused), photo=refused.photo)
        except (EntryRefused, PictureRefused) as refused:
            self._write(step, verdict=Verdict.REJECTED, reason=str(refused))
        except TakenOver:
            raise
        except Exception as error:  # one file may not take the others down
            if trouble_of(
                error
            ):  # but a full disk is no file's fault: the import stops, and no photo is refused for it
                raise
            log.exception("Import %s: line %s failed.", self.batch.pk, step.number)
            self._write(
                step,
                verdict=Verdict.REJECTED,
                reason=_("Could not be taken (%(name)s).") % {"name": type(error).__name__},
            )
        else:
            return True
        return False

    def _from(self, source: Source) -> Picture:
        """Reads, refuses by the bytes, and only then decodes."""

        def picture(step: Step) -> CleanPicture:
            if step.entry is None:
                raise RowRefused(_("The manifest names this photo, but it is not among the files."))
            self.register.refuse_subject(step.row)
            data = source.read(step.entry)
            self.register.refuse_known(step.row, sha256=hashlib.sha256(data).hexdigest())
            return clean(data)

        return picture

    def _staged(self, step: Step) -> CleanPicture:
        self.register.refuse_known(step.row, sha256=self.staging.hashes(step.number)[0])
        return self.staging.picture(step.number)

    def _stage(self, step: Step, picture: CleanPicture, doubts: list[str]) -> None:
        self.staging.keep(step, picture)
        self._write(step, **_said(picture, doubts))
        self._expect(step, picture.sha256, picture.fingerprint)

    def _expect(self, step: Step, sha256: str, fingerprint: str) -> None:
        photo = Expected(number=step.number, name=shown(base(step.entry.name)), code=step.row.subject_id)
        self.register.expect(photo, sha256=sha256, fingerprint=fingerprint)

    def _store(self, step: Step, picture: CleanPicture, doubts: list[str]) -> None:
        try:
            with transaction.atomic():
                subject = self._subject(step.row)
                photo = self._new_photo(step, subject, picture, doubts)
                self._write(step, **_said(picture, doubts), photo=photo)
        except IntegrityError:
            raise RowRefused(
                _("Another import took this subject or photo at the same moment: import it again.")
            ) from None
        self.register.add(photo, picture.fingerprint)

    def _subject(self, row: Row) -> Subject:
        """Read anew and locked: consent may have been withdrawn since this import began."""
        known = self.register.subject(row)
        if known is None:
            return self._new_subject(row)
        subject = Subject.objects.select_for_update().get(pk=known.pk)
        if subject.consent_withdrawn_at:
            raise RowRefused(_("Consent of %(code)s was withdrawn: nothing is taken.") % {"code": subject.code})
        return subject

    def _new_subject(self, row: Row) -> Subject:
        return Subject.objects.create(
            cohort=self.cohort,
            code=row.subject_id,
            has_syndrome=row.has_syndrome,
            diagnosis=row.syndrome,
            orpha=row.orpha,
            omim=row.omim,
            confirmation=row.confirmation,
            confirmed_on=row.confirmed_on,
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
        """A new line, or after a person's yes the line that was waiting."""
        said = {"verdict": verdict, "reason": shown(reason, limit=500), "photo": photo}
        try:
            with transaction.atomic():
                if self.batch.confirmed_at:
                    self._settle(step, said)
                else:
                    code = step.row.subject_id if step.row else ""
                    ImportLine.objects.create(
                        batch=self.batch, number=step.number, file=shown(step.name), subject_code=code, **said
                    )
                alive = ImportBatch.objects.filter(pk=self.batch.pk, status=ImportBatch.Status.RUNNING)
                alive.update(done=F("done") + 1, heartbeat_at=timezone.now())
        except IntegrityError:
            raise TakenOver from None

    def _settle(self, step: Step, said: dict[str, object]) -> None:
        waiting = self.batch.lines.filter(number=step.number, verdict__in=TO_STORE, photo=None)
        if not waiting.update(**said):
            raise TakenOver


def _said(picture: CleanPicture, doubts: list[str]) -> dict[str, str]:
    verdict = Verdict.REVIEW if doubts else Verdict.ADDED
    return {"verdict": verdict, "reason": " ".join([*doubts, *picture.remarks])}
