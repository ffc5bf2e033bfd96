"""One picture that is gone, or a storage that is away: the first costs a reader one face, the second nothing."""

from django.utils.translation import gettext as _

from readerstudy.reading.models import Trial
from readerstudy.refusal import Refused
from readerstudy.studies.models import Case, Photo

LOOKED_AT = 5


def require_storage(trial: Trial) -> None:
    """Refuse with 503 where no other face of the study is there either: a disk that is not mounted, say."""
    others = Case.objects.filter(study_id=trial.case.study_id).exclude(pk=trial.case_id)
    others = others.exclude(photo__status=Photo.Status.ERASED).exclude(photo__face__rendition="")
    faces = [case.photo.face.rendition for case in others.select_related("photo__face").order_by("pk")[:LOOKED_AT]]
    if faces and not any(face.storage.exists(face.name) for face in faces):
        raise Refused(
            _("The faces cannot be read just now: the site's storage is away. Nothing is lost; it is tried again."),
            status=503,
        )
