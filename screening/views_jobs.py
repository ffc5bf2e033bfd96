"""A comparison while a worker makes it, and the one-click changes that make another. For investigators only."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from readerstudy.refusal import Refused
from screening import jobs, selectors
from screening.analysis.options import Options
from screening.analysis.progress import step_words
from screening.models import Comparison, ComparisonJob
from screening.problem_words import problem_words

READ = {"replicates": int, "level": float, "by": str, "without_flagged": {"True": True, "False": False}.__getitem__}


def to_page(made: Comparison | ComparisonJob) -> HttpResponseRedirect:
    """Where the browser goes: to the finished comparison, or to where its making can be followed."""
    name = "screening:job" if isinstance(made, ComparisonJob) else "screening:comparison"
    return HttpResponseRedirect(reverse(name, args=[made.study_id, made.pk]))


@login_required
@require_POST
def change(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """The same study and run with one option changed: another comparison, made or found."""
    found = selectors.comparison_for(request.user, study, pk)
    try:
        options = Options.from_dict(found.options | _changed(request))
        return to_page(jobs.ask(study=found.study, run=found.run, options=options, by=request.user))
    except Refused as refusal:
        messages.warning(request, refusal.message, extra_tags="warn")
        return redirect("screening:comparison", study, pk)


def _changed(request: HttpRequest) -> dict[str, Any]:
    try:
        return {name: read(request.POST[name]) for name, read in READ.items() if name in request.POST}
    except (ValueError, KeyError):
        raise Refused(_("That is no value of this option: choose one of the buttons.")) from None


@login_required
@require_GET
def job(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.job_for(request.user, study, pk)
    if found.comparison_id:
        return redirect("screening:comparison", study, found.comparison_id)
    context = {
        "job": found,
        "study": found.study,
        "step": step_words(found.step),
        "problem": problem_words(found.problem),
    }
    return render(request, "screening/job.html", context)


@login_required
@require_GET
def state(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """What the page asks for once a second."""
    found = selectors.job_for(request.user, study, pk)
    answer = {"state": found.state, "share": found.share, "step": step_words(found.step), "is_live": found.is_live}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


@login_required
@require_POST
def cancel(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.job_for(request.user, study, pk)
    jobs.cancel(job=found, by=request.user)
    return redirect("screening:job", study, pk)


@login_required
@require_POST
def again(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """A failed or cancelled one once more."""
    found = selectors.job_for(request.user, study, pk)
    try:
        return to_page(jobs.again(job=found, by=request.user))
    except Refused as refusal:
        messages.warning(request, refusal.message, extra_tags="warn")
        return redirect("screening:job", study, pk)
