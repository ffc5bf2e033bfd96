"""Where the networks looked: held-out faces under their heat maps, for investigators; no browser keeps a picture."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from readerstudy.audit.views_log import note_view
from training import gallery
from training.access import run_for
from training.colours import bar_picture, map_picture, png
from training.heat import load_map
from training.models import Prediction, TrainingRun


@require_safe
@login_required
def faces(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    calls = _chosen(request, "calls", gallery.CALLS)
    truth = _chosen(request, "truth", gallery.TRUTHS)
    page = {
        "run": run,
        "page": Paginator(gallery.ranked(run, calls=calls, truth=truth), gallery.PAGE).get_page(
            request.GET.get("page")
        ),
        "calls": calls,
        "truth": truth,
        "call_choices": gallery.CALLS,
        "truth_choices": gallery.TRUTHS,
        "on_face": gallery.on_face(run),
        "groups": gallery.groups(run),
    }
    return _private(render(request, "training/faces.html", page))


def _chosen(request: HttpRequest, name: str, choices: tuple[tuple[str, str], ...]) -> str:
    value = request.GET.get(name, "")
    return value if value in dict(choices) else choices[0][0]


@require_safe
@login_required
def face(request: HttpRequest, pk: int, token: uuid.UUID) -> HttpResponse:
    row = _row(run_for(request.user, pk), token)
    try:
        with row.photo.face.crop.open("rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        raise Http404(_("The picture is gone.")) from None
    _note(request, row, "crop")
    return _picture(data)


@require_safe
@login_required
def heat(request: HttpRequest, pk: int, token: uuid.UUID) -> HttpResponse:
    row = _row(run_for(request.user, pk), token)
    if not row.heat_map:
        raise Http404(_("This face has no heat map."))
    try:
        data = map_picture(load_map(row))
    except FileNotFoundError:
        raise Http404(_("The heat map is gone.")) from None
    _note(request, row, "heat map")
    return _picture(data)


def _note(request: HttpRequest, row: Prediction, kind: str) -> None:
    photo = row.photo
    note_view(who=request.user, face=f"photo:{photo.pk}", subject=photo.subject.code, cohort=photo.cohort_id, kind=kind)


def _row(run: TrainingRun, token: uuid.UUID) -> Prediction:
    row = gallery.shown(run).filter(photo__token=token).first()
    if row is None:
        raise Http404(_("No such face in this run, or it has been erased."))
    return row


@require_safe
@login_required
def mean(request: HttpRequest, pk: int, key: str, kind: str) -> HttpResponse:
    run = run_for(request.user, pk)
    group = next((group for group in gallery.groups(run) if group.key == key), None)
    if group is None:
        raise Http404(_("No such group of faces, or it has too few maps."))
    try:
        if kind == "heat":
            return _picture(map_picture(gallery.mean_map(run, group)))
        return _picture(png(gallery.mean_face(run, group)))
    except FileNotFoundError:
        raise Http404(_("A picture of this group is gone.")) from None


@require_safe
@login_required
def bar(request: HttpRequest, pk: int) -> HttpResponse:
    run_for(request.user, pk)
    return _picture(bar_picture())


def _picture(data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
