"""One new photo against a finished run. Whoever sent a photo in sees it, and nobody else."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.audit.views_log import note_view
from readerstudy.refusal import Refused
from readerstudy.said import said
from screening import new_photo
from screening.charts.new_photo import new_photo as figures_of
from screening.forms_screen import KeepForm, NewPhotoForm, PrevalenceForm
from training import selectors, services
from training.access import enter_desk, run_to_screen
from training.colours import map_picture
from training.heat import read_map
from training.models import NewPhoto
from training.services.screen import live_photos


@require_http_methods(["GET", "POST"])
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    form = NewPhotoForm(
        request.POST or None, request.FILES or None, user=request.user, initial={"run": request.GET.get("run")}
    )
    if request.method == "POST" and form.is_valid() and (photo := _submitted(request, form)):
        return redirect("screening:screened", photo.token)
    mine = live_photos(timezone.now()).filter(created_by=request.user).select_related("run").order_by("-id")
    page = {
        "form": form,
        "has_runs": form.fields["run"].queryset.exists(),
        "kept": mine.filter(kept_at__isnull=False),
        "passing": mine.filter(kept_at__isnull=True),
        "notice": new_photo.NOTICE,
    }
    return _private(render(request, "screening/screen.html", page, status=400 if form.errors else 200))


def _submitted(request: HttpRequest, form: NewPhotoForm) -> NewPhoto | None:
    try:
        return services.submit_new_photo(
            run=form.cleaned_data["run"],
            data=form.cleaned_data["photo"].read(),
            created_by=request.user,
            age_months=form.age_months,
        )
    except Refused as refusal:
        form.add_error("photo", refusal.message)
        return None


def own_photo(user: Any, token: uuid.UUID) -> NewPhoto:
    """The user's own photo while its time is not over; 404 for everybody else."""
    mine = live_photos(timezone.now()).filter(token=token, created_by=user)
    photo = mine.select_related("run__cohort", "created_by").first()
    if photo is None:
        raise Http404(_("No such photo, or it has been erased."))
    run_to_screen(user, photo.run_id)
    return photo


@require_GET
@login_required
def result(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    return _result(request, own_photo(request.user, token), KeepForm(label_suffix=""))


def _result(request: HttpRequest, photo: NewPhoto, keep: KeepForm, *, status: int = 200) -> HttpResponse:
    form = PrevalenceForm(request.GET if "prevalence" in request.GET else None, label_suffix="")
    prevalence = form.fraction()
    question = new_photo.question_of(photo)
    found = new_photo.answer(question, prevalence=prevalence) if question else None
    page = {
        "photo": photo,
        "run": photo.run,
        "network": said(selectors.network_of(photo.run)),
        "found": found,
        "figures": figures_of(found["scale"]) if found and found["scale"] else {},
        "prevalence": prevalence,
        "prevalence_form": form if form.is_bound else PrevalenceForm({"prevalence": 100 * prevalence}, label_suffix=""),
        "keep_form": keep,
        "is_ended": photo.state in selectors.ENDED,
        "notice": new_photo.NOTICE,
    }
    return _private(render(request, "screening/screened.html", page, status=status))


@require_GET
@login_required
def state(request: HttpRequest, token: uuid.UUID) -> JsonResponse:
    photo = own_photo(request.user, token)
    return JsonResponse({"is_ended": photo.state in selectors.ENDED}, headers={"Cache-Control": "no-store"})


@require_GET
@login_required
def photo(request: HttpRequest, token: uuid.UUID) -> FileResponse:
    return _file(request, own_photo(request.user, token), "photo", "image/jpeg")


@require_GET
@login_required
def face(request: HttpRequest, token: uuid.UUID) -> FileResponse:
    return _file(request, own_photo(request.user, token), "crop", "image/png")


@require_GET
@login_required
def heat(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    found = own_photo(request.user, token)
    stored = found.heat_map
    if not stored:
        raise Http404(_("This photo has no heat map."))
    _note(request, found, "heat map")
    return _private(HttpResponse(map_picture(read_map(stored)), content_type="image/png"))


def _file(request: HttpRequest, found: NewPhoto, name: str, kind: str) -> FileResponse:
    stored: FieldFile = found.file if name == "photo" else found.crop
    try:
        if not stored:
            raise FileNotFoundError
        file = stored.open("rb")
    except FileNotFoundError:
        raise Http404(_("This photo has no such picture, or it is gone.")) from None
    _note(request, found, name)
    return _private(FileResponse(file, content_type=kind))


def _note(request: HttpRequest, found: NewPhoto, kind: str) -> None:
    """The photo is nobody's of a cohort: it is known by its number at this desk."""
    note_view(who=request.user, face=f"new photo:{found.pk}", subject="", cohort=found.run.cohort_id, kind=kind)


@require_POST
@login_required
def keep(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    photo, form = own_photo(request.user, token), KeepForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            services.keep_new_photo(photo=photo, consent=form.cleaned_data["consent"])
        except Refused as refusal:
            form.add_error("consent", refusal.message)
        else:
            messages.success(request, _("The photo and its scores are kept until you erase them."), extra_tags="good")
            return redirect("screening:screened", token)
    return _result(request, photo, form, status=400)


@require_POST
@login_required
def erase(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    services.erase_new_photo(photo=own_photo(request.user, token), by=request.user)
    messages.success(request, _("The photo and its scores are erased."), extra_tags="good")
    return redirect("screening:screen")


def _private(response: Any) -> Any:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
