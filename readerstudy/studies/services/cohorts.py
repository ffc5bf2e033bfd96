"""Cohorts and consent. The other writes of the import door are offered here too, under one roof."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid, Cohort, Face, Photo, Subject
from readerstudy.studies.services.decisions import confirm_import, discard_forgotten_imports, discard_import
from readerstudy.studies.services.faces import accept_photo, choose_index_photo, queue_faces, refuse_photo, store_face
from readerstudy.studies.services.imports import requeue_stale_imports, run_import, start_import
from readerstudy.studies.services.staged import forget_staged

SWEEP = "training.requeue_stale"

__all__ = [
    "accept_photo",
    "choose_index_photo",
    "confirm_import",
    "create_cohort",
    "discard_forgotten_imports",
    "discard_import",
    "erase_withdrawn",
    "queue_faces",
    "refuse_photo",
    "requeue_stale_imports",
    "run_import",
    "start_import",
    "store_face",
    "withdraw_consent",
]


def create_cohort(*, name: str, created_by: User, kind: str = Cohort.Kind.PATIENTS, description: str = "") -> Cohort:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("A cohort needs a name."))
    if len(name) > 120:
        raise Refused(_("The name is longer than 120 characters."))
    if kind not in Cohort.Kind.values:
        raise Refused(_("A cohort is one of %(values)s.") % {"values": ", ".join(Cohort.Kind.values)})
    try:
        with transaction.atomic():
            cohort = Cohort.objects.create(name=name, kind=kind, description=description, created_by=created_by)
            record("cohort.created", actor=created_by, target=f"cohort:{cohort.pk}", name=name, kind=kind)
    except IntegrityError:
        raise Refused(
            _("There is a cohort named “%(name)s” already: choose another name.") % {"name": name}, status=409
        ) from None
    return cohort


def withdraw_consent(*, subject: Subject, by: User, reason: str = "") -> None:
    """Erase everything that shows the subject. Facts, calls and scores stay under the code.

    The rows say "erased" first and the bytes go right after the commit; what a crash leaves between the two is swept
    up by ``erase_withdrawn``. Heat maps of runs and the faces of a training under way go with the worker's sweep, which
    is woken at once and comes every half minute anyway.
    """
    with transaction.atomic():
        subject = Subject.objects.select_for_update().get(pk=subject.pk)
        if subject.consent_withdrawn_at:
            told = {"code": subject.code, "day": date_format(subject.consent_withdrawn_at, "d F Y")}
            raise Refused(_("Consent of %(code)s was withdrawn on %(day)s.") % told, status=409)
        subject.consent_withdrawn_at = timezone.now()
        subject.save(update_fields=["consent_withdrawn_at"])
        photos = Photo.objects.filter(subject=subject)
        photos.update(status=Photo.Status.ERASED, perceptual_hash="")
        Face.objects.filter(photo__in=photos).update(
            is_found=False, reason=gettext_noop("Consent was withdrawn."), box=None, landmarks=None, quality={}
        )
        record(
            "consent.withdrawn",
            actor=by,
            target=f"subject:{subject.pk}",
            cohort=subject.cohort_id,
            code=subject.code,
            photos=photos.count(),
            reason=reason,
        )
        send(SWEEP)
    erase_withdrawn(subject=subject)
    forget_staged(subject=subject)


def erase_withdrawn(*, subject: Subject | None = None) -> int:
    """Delete the files of erased photos; returns how many photos still had some."""
    photos = Photo.objects.filter(status=Photo.Status.ERASED).select_related("face")
    mapped = Aid.objects.exclude(heat_map="").values("case__photo")
    photos = photos.exclude(Q(file="") & (Q(face=None) | Q(face__crop="", face__rendition="")) & ~Q(pk__in=mapped))
    if subject is not None:
        photos = photos.filter(subject=subject)
    erased = 0
    for photo in photos:
        if face := getattr(photo, "face", None):
            face.crop.delete(save=False)
            face.rendition.delete(save=False)
            face.save(update_fields=["crop", "rendition"])
        for aid in Aid.objects.filter(case__photo=photo).exclude(heat_map=""):
            aid.heat_map.delete()  # it shows the face; what the model said stays
        photo.file.delete(save=False)
        photo.save(update_fields=["file"])
        erased += 1
    return erased
