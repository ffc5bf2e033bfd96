"""One new photo against a finished run. Whoever sent a photo in sees it, and nobody else."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.refusal import Refused
from training import selectors, services
from training.access import enter_desk, run_for
from training.ensembles import screen_summary, verdict_of
from training.forms import NewPhotoForm
from training.models import NewPhoto


@require_http_methods(["GET", "POST"])
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    form = NewPhotoForm(
        request.POST or None, request.FILES or None, user=request.user, initial={"run": request.GET.get("run")}
    )
    if form.is_valid() and (photo := _submitted(request, form)):
        return redirect("training:screened", photo.token)
    page = {
        "form": form,
        "has_runs": form.fields["run"].queryset.exists(),
        "photos": NewPhoto.objects.filter(created_by=request.user).select_related("run").order_by("-id")[:20],
    }
    return render(request, "training/screen.html", page, status=400 if form.errors else 200)


def _submitted(request: HttpRequest, form: NewPhotoForm) -> NewPhoto | None:
    try:
        return services.submit_new_photo(
            run=form.cleaned_data["run"], data=form.cleaned_data["photo"].read(), created_by=request.user
        )
    except Refused as refusal:
        form.add_error("photo", refusal.message)
        return None


def _own(request: HttpRequest, token: uuid.UUID) -> NewPhoto:
    photo = NewPhoto.objects.select_related("run__cohort").filter(token=token, created_by=request.user).first()
    if photo is None:
        raise Http404("No such photo, or it has been erased.")
    run_for(request.user, photo.run_id)
    return photo


@require_GET
@login_required
def result(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    photo = _own(request, token)
    page = {
        "photo": photo,
        "run": photo.run,
        "network": selectors.network_of(photo.run),
        "verdict": verdict_of(photo),
        "summary": screen_summary(photo),
        "is_ended": photo.state in selectors.ENDED,
    }
    response = render(request, "training/screened.html", page)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@login_required
def state(request: HttpRequest, token: uuid.UUID) -> JsonResponse:
    photo = _own(request, token)
    return JsonResponse({"is_ended": photo.state in selectors.ENDED}, headers={"Cache-Control": "no-store"})


@require_GET
@login_required
def face(request: HttpRequest, token: uuid.UUID) -> FileResponse:
    photo = _own(request, token)
    if not photo.crop:
        raise Http404("This photo has no face yet.")
    return FileResponse(photo.crop.open("rb"), content_type="image/png", headers={"Cache-Control": "no-store"})


@require_POST
@login_required
def erase(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    services.erase_new_photo(photo=_own(request, token))
    messages.success(request, "The photo and its scores are erased.", extra_tags="good")
    return redirect("training:screen")
