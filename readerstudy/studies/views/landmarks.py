"""Marking a face by hand: five points on the photo, with what the model and a reader will see beside it."""

import numpy as np
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from readerstudy.refusal import Refused
from readerstudy.studies import aligned, pictures
from readerstudy.studies.access import COORDINATOR
from readerstudy.studies.forms.cohorts import LandmarksForm
from readerstudy.studies.models import Cohort, Face, Photo
from readerstudy.studies.services.landmarks import place_landmarks
from readerstudy.studies.views.cohorts import cohort_page

SHARE = 0.6
"""Of the photo's shorter side: the points wait in a crop of this size at its middle where no face was found."""


@cohort_page(COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def landmarks(request: HttpRequest, cohort: Cohort, photo_pk: int) -> HttpResponse:
    photo = get_object_or_404(Photo.objects.select_related("subject", "face"), pk=photo_pk, cohort=cohort)
    origin = "review" if request.POST.get("from", request.GET.get("from")) == "review" else "photo"
    form = LandmarksForm(request.POST or None, points=_waiting_points(photo))
    if request.method == "POST" and form.is_valid():
        try:
            place_landmarks(photo=photo, landmarks=form.landmarks(), by=request.user)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request,
                _("The face on %(original_name)s is marked and ready.") % {"original_name": photo.original_name},
                extra_tags="good",
            )
            return (
                redirect("studies:review", cohort.pk)
                if origin == "review"
                else redirect("studies:photo", cohort.pk, photo.pk)
            )
    context = {"cohort": cohort, "photo": photo, "form": form, "origin": origin, "geometry": _geometry()}
    return render(request, "cohorts/landmarks.html", context, status=400 if form.errors else 200)


def _waiting_points(photo: Photo) -> list[list[float]]:
    """Where the points stand at first: as the face finder or a person left them, else in the middle of the photo."""
    face: Face | None = getattr(photo, "face", None)
    if face and face.landmarks:
        return face.landmarks
    side = SHARE * min(photo.width, photo.height)
    points = aligned.template(1000) / 1000 * side
    corner = np.array([photo.width - side, photo.height - side]) / 2
    return (points + corner).tolist()


def _geometry() -> dict[str, object]:
    """The numbers of the crop and the rendition, for the page's preview."""
    return {
        "template": aligned.template().tolist(),
        "side": aligned.SIDE,
        "canvas": pictures.CANVAS,
        "frameHeight": pictures.FRAME_HEIGHT,
        "belowTheEyes": pictures.BELOW_THE_EYES,
    }
