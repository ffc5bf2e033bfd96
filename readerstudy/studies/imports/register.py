"""What an import must not take twice or against what is known: subjects, bytes and looks of the cohort."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports.likeness import Likenesses
from readerstudy.studies.imports.manifest import Row
from readerstudy.studies.models import Cohort, ImportLine, Photo, Subject

Verdict = ImportLine.Verdict


class RowRefused(Exception):
    """The message is the reason; ``verdict`` and ``photo`` go with it into the line."""

    def __init__(self, reason: str, *, verdict: str = Verdict.REJECTED, photo: Photo | None = None) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.photo = photo


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A photo that the check has passed and that is not in the cohort yet."""

    number: int
    name: str
    code: str


class Register:
    """The cohort as it is, growing while an import runs; a check adds what it expects without storing it."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.subjects = {s.code.casefold(): s for s in Subject.objects.filter(cohort=cohort)}
        known = Photo.objects.filter(cohort=cohort).exclude(perceptual_hash="")
        self.likenesses = Likenesses(list(known.values_list("id", "perceptual_hash")))
        self._expected: dict[int, Expected] = {}  # by the negative line number, beside the ids of photos
        self._by_bytes: dict[str, Expected] = {}
        self._by_code: dict[str, set[int]] = {}

    def add(self, photo: Photo, fingerprint: str) -> None:
        self.subjects[photo.subject.code.casefold()] = photo.subject
        self.likenesses.add(photo.pk, fingerprint)

    def expect(self, photo: Expected, *, sha256: str, fingerprint: str) -> None:
        self._expected[-photo.number] = photo
        self._by_bytes[sha256] = photo
        self._by_code.setdefault(photo.code.casefold(), set()).add(-photo.number)
        self.likenesses.add(-photo.number, fingerprint)

    def refuse_subject(self, row: Row) -> None:
        """Raise ``RowRefused`` where the subject stands against taking this photo, whatever is on it."""
        self._subject(row)

    def refuse_known(self, row: Row, *, sha256: str) -> None:
        """Raise ``RowRefused`` where the subject or the bytes stand against taking this photo."""
        subject = self._subject(row)
        self._refuse_same_bytes(sha256, row, subject)
        if subject and row.is_index and (index := subject.photos.filter(is_index=True).first()):
            raise RowRefused(
                _(
                    "%(code)s has an index photo already (“%(original_name)s”): say index_photo = no to add "
                    "a further one."
                )
                % {"code": subject.code, "original_name": index.original_name},
                photo=index,
            )

    def subject(self, row: Row) -> Subject | None:
        return self.subjects.get(row.subject_id.casefold())

    def _subject(self, row: Row) -> Subject | None:
        subject = self.subject(row)
        if subject is None:
            return None
        if subject.consent_withdrawn_at:
            raise RowRefused(_("Consent of %(code)s was withdrawn: nothing is taken.") % {"code": subject.code})
        stored = (subject.has_syndrome, subject.diagnosis, subject.sex, subject.consent)
        if stored != row.facts:
            raise RowRefused(
                _("%(code)s is in the cohort already with another label, diagnosis, sex or consent.")
                % {"code": subject.code}
            )
        codes = (subject.orpha, subject.omim, subject.confirmation, subject.confirmed_on)
        if any(old and new and old != new for old, new in zip(codes, row.codes, strict=True)):
            raise RowRefused(
                _("%(code)s is in the cohort already with another ORPHA code, OMIM code, confirmation or date.")
                % {"code": subject.code}
            )
        return subject

    def _refuse_same_bytes(self, sha256: str, row: Row, subject: Subject | None) -> None:
        if expected := self._by_bytes.get(sha256):
            if expected.code.casefold() == row.subject_id.casefold():
                raise RowRefused(
                    _("The same file, byte for byte, as “%(name)s”.") % {"name": expected.name}, verdict=Verdict.IGNORED
                )
            raise RowRefused(
                _("The same file, byte for byte, as “%(name)s” of %(code)s.")
                % {"name": expected.name, "code": expected.code}
            )
        twin = Photo.objects.filter(cohort=self.cohort, sha256=sha256).select_related("subject").first()
        if twin is None:
            return
        if subject and twin.subject_id == subject.pk:
            raise RowRefused(_("In the cohort already: nothing was added."), verdict=Verdict.IGNORED, photo=twin)
        if twin.status == Photo.Status.ERASED:
            raise RowRefused(_("Consent to this very photo was withdrawn: nothing is taken."))
        raise RowRefused(
            _("The same file, byte for byte, as “%(original_name)s” of %(code)s.")
            % {"original_name": twin.original_name, "code": twin.subject.code},
            photo=twin,
        )

    def twin(self, row: Row, *, fingerprint: str) -> list[str]:
        """The doubt about a photo of another subject that looks the same, if there is one."""
        subject = self.subject(row)
        own = set(subject.photos.values_list("id", flat=True)) if subject else set()
        pk = self.likenesses.twin(fingerprint, besides=own | self._by_code.get(row.subject_id.casefold(), set()))
        if pk is None:
            return []
        if expected := self._expected.get(pk):
            name, code = expected.name, expected.code
        else:
            twin = Photo.objects.select_related("subject").get(pk=pk)
            name, code = twin.original_name, twin.subject.code
        return [_("Looks the same as “%(name)s” of %(code)s: is it one child twice?") % {"name": name, "code": code}]
