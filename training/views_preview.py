"""Augmented faces before a run is started: made when asked for, kept nowhere."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from readerstudy.audit.views_log import note_view
from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohort_for
from training.access import enter_desk
from training.engine.recipe import PRESETS
from training.forms_preview import PreviewForm
from training.preview import Sample, samples


@require_safe
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    if "cohort" in request.GET:
        cohort_for(request.user, _number(request.GET["cohort"]), INVESTIGATOR)
    form = PreviewForm(request.GET or None, user=request.user, initial={"preset": "demo"})
    preset = request.GET.get("preset", "demo")
    form.show_own_values(preset if preset in PRESETS else "demo")
    found = _samples(form) if form.is_valid() else []
    for sample in found:
        photo = sample.photo
        note_view(
            who=request.user, face=f"photo:{photo.pk}", subject=photo.subject.code, cohort=photo.cohort_id, kind="crop"
        )
    page = {"form": form, "samples": found, "recipe": form.cleaned_data.get("recipe") if found else None}
    response = render(request, "training/preview.html", page, status=400 if form.errors else 200)
    response["Cache-Control"] = "private, no-store"
    return response


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Http404(_("No such cohort."))
    return int(text)


def _samples(form: forms.Form) -> list[Sample]:
    try:
        return samples(form.cleaned_data["cohort"], form.cleaned_data["recipe"])
    except Refused as refusal:
        form.add_error(None, refusal.message)
    except FileNotFoundError:
        form.add_error(None, _("A face of this cohort is no longer on the disk: check the cohort's photos."))
    return []
