"""One photo: its bytes for those who may see them, and the review queue."""

from collections.abc import Callable

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.audit.views_log import note_view
from readerstudy.refusal import Refused
from readerstudy.studies import pictures
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.forms.cohorts import RefuseForm
from readerstudy.studies.models import Cohort, Photo
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services import faces
from readerstudy.studies.views.cohorts import cohort_page

KINDS = {"photo": "image/jpeg", "small": "image/jpeg", "rendition": "image/jpeg", "crop": "image/png"}
REASONS = [
    gettext_lazy("Not one clear face"),
    gettext_lazy("Out of focus"),
    gettext_lazy("Face partly covered or cut off"),
    gettext_lazy("Turned too far to the side"),
    gettext_lazy("Name or date is visible"),
    gettext_lazy("The same child as on another photo"),
]


def _photo(cohort: Cohort, photo_pk: int) -> Photo:
    return get_object_or_404(Photo.objects.select_related("subject", "face"), pk=photo_pk, cohort=cohort)


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def photo_file(request: HttpRequest, cohort: Cohort, photo_pk: int, kind: str) -> HttpResponse:
    """Bytes of one picture, never cached, always under a fixed type."""
    return picture(_photo(cohort, photo_pk), kind, by=request.user)


def picture(photo: Photo, kind: str, *, by: User, is_api: bool = False) -> HttpResponse:
    """One picture of ``photo``, for whoever was let through the door; who that was is written down."""
    if kind not in KINDS:
        raise Http404(_("No such picture."))
    stored = photo.file if kind in {"photo", "small"} else getattr(getattr(photo, "face", None), kind, None)
    if not stored:
        raise Http404(_("There is no such picture."))
    try:
        file = stored.open("rb")
    except FileNotFoundError:
        raise Http404(_("The picture is gone.")) from None
    note_view(
        who=by, face=f"photo:{photo.pk}", subject=photo.subject.code, cohort=photo.cohort_id, kind=kind, is_api=is_api
    )
    if kind == "small":
        with file, Image.open(file) as image:
            response: HttpResponse = HttpResponse(pictures.small(image), content_type=KINDS[kind])
    else:
        response = FileResponse(file, content_type=KINDS[kind])
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@cohort_page(COORDINATOR)
@require_safe
def review(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """The first photo that needs a look; the queue says how many wait."""
    queue = selectors.review_queue(cohort)
    return render(request, "cohorts/review.html", _context(request, cohort, queue.first(), waiting=queue.count()))


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def photo(request: HttpRequest, cohort: Cohort, photo_pk: int) -> HttpResponse:
    return render(request, "cohorts/photo.html", _context(request, cohort, _photo(cohort, photo_pk)))


def _context(request: HttpRequest, cohort: Cohort, photo: Photo | None, **more: object) -> dict[str, object]:
    face = getattr(photo, "face", None)
    return {
        "cohort": cohort,
        "photo": photo,
        "face": face,
        "reasons": REASONS,
        "form": RefuseForm(),
        "may_edit": selectors.may_coordinate(request.user, cohort),
        "others": selectors.other_photos(photo) if photo else [],
        "quality": sorted(face.quality.items()) if face and isinstance(face.quality, dict) else [],
        **more,
    }


def _decide(request: HttpRequest, cohort: Cohort, photo: Photo, *, do: Callable[[], None], done: str) -> HttpResponse:
    try:
        do()
    except Refused as refused:
        messages.error(request, refused.message, extra_tags="bad")
    else:
        messages.success(request, done, extra_tags="good")
    if request.POST.get("from") == "review":
        return redirect("studies:review", cohort.pk)
    return redirect("studies:photo", cohort.pk, photo.pk)


@cohort_page(COORDINATOR)
@require_POST
def accept(request: HttpRequest, cohort: Cohort, photo_pk: int) -> HttpResponse:
    photo = _photo(cohort, photo_pk)
    return _decide(
        request,
        cohort,
        photo,
        do=lambda: services.accept_photo(photo=photo, by=request.user),
        done=_("%(original_name)s of %(code)s is accepted.")
        % {"original_name": photo.original_name, "code": photo.subject.code},
    )


@cohort_page(COORDINATOR)
@require_POST
def refuse(request: HttpRequest, cohort: Cohort, photo_pk: int) -> HttpResponse:
    photo = _photo(cohort, photo_pk)
    return _decide(
        request,
        cohort,
        photo,
        do=lambda: services.refuse_photo(photo=photo, by=request.user, reason=request.POST.get("reason", "")),
        done=_("%(original_name)s of %(code)s is refused.")
        % {"original_name": photo.original_name, "code": photo.subject.code},
    )


@cohort_page(COORDINATOR)
@require_POST
def choose_index(request: HttpRequest, cohort: Cohort, photo_pk: int) -> HttpResponse:
    photo = _photo(cohort, photo_pk)
    return _decide(
        request,
        cohort,
        photo,
        do=lambda: services.choose_index_photo(photo=photo, by=request.user),
        done=_("%(original_name)s is now the index photo of %(code)s.")
        % {"original_name": photo.original_name, "code": photo.subject.code},
    )


@cohort_page(COORDINATOR)
@require_POST
def instead(request: HttpRequest, cohort: Cohort, photo_pk: int, other_pk: int) -> HttpResponse:
    """Refuse this photo and read another one of the subject."""
    photo, other = _photo(cohort, photo_pk), _photo(cohort, other_pk)
    return _decide(
        request,
        cohort,
        photo,
        do=lambda: faces.take_instead(photo=photo, other=other, by=request.user),
        done=_("%(original_name)s is read for %(code)s instead of %(original_name2)s.")
        % {"original_name": other.original_name, "code": photo.subject.code, "original_name2": photo.original_name},
    )
