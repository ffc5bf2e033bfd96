"""A copy of a study, by one button on its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from readerstudy.refusal import Refused
from readerstudy.studies.forms.desk import CopyForm
from readerstudy.studies.models import Study
from readerstudy.studies.services.copies import copy_study
from readerstudy.studies.views.doors import study_page


@study_page
@require_POST
def copy(request: HttpRequest, study: Study) -> HttpResponse:
    form = CopyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the copy a name of at most 120 characters.", extra_tags="bad")
        return redirect("studies:study", study.pk)
    try:
        made = copy_study(study=study, by=request.user, **form.choice())
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:study", study.pk)
    messages.success(request, _said(study, made, with_cases=form.cleaned_data["with_cases"]), extra_tags="good")
    return redirect("studies:study", made.pk)


def _said(study: Study, made: Study, *, with_cases: bool) -> str:
    done = f"“{made.name}” is a copy of “{study.name}”: a draft with the same words and rules"
    if not with_cases:
        return f"{done}. Its faces are still to be chosen."
    taken, lost = made.cases.count(), study.cases.count() - made.cases.count()
    left_out = f" {lost} faces can no longer be shown and were left out." if lost else ""
    return f"{done} and {taken} faces.{left_out}"
