"""A copy of a study, by one button on its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
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
        messages.error(request, _("Give the copy a name of at most 120 characters."), extra_tags="bad")
        return redirect("studies:study", study.pk)
    try:
        made = copy_study(study=study, by=request.user, **form.choice())
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:study", study.pk)
    messages.success(request, _said(study, made, with_cases=form.cleaned_data["with_cases"]), extra_tags="good")
    return redirect("studies:study", made.pk)


def _said(study: Study, made: Study, *, with_cases: bool) -> str:
    told = {"copy": made.name, "name": study.name, "n": made.cases.count()}
    if not with_cases:
        return (
            _(
                "“%(copy)s” is a copy of “%(name)s”: a draft with the same words and rules. "
                "Its faces are still to be chosen."
            )
            % told
        )
    done = _("“%(copy)s” is a copy of “%(name)s”: a draft with the same words and rules and %(n)s faces.") % told
    if lost := study.cases.count() - told["n"]:
        done += " " + _("%(n)s faces can no longer be shown and were left out.") % {"n": lost}
    return done
