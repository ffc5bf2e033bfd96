"""Finished runs side by side. Who may open a run may compare it: 404 for strangers, 403 for other roles."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from screening.analysis.runs import MOST, problem_of, side_by_side
from screening.charts.runs import runs as figures_of
from training.access import enter_desk, run_for
from training.models import TrainingRun

LONGEST = 18  # digits of an id that every database can look for


@login_required
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    chosen = _chosen(request)
    if problem := problem_of(chosen):
        messages.warning(request, problem, extra_tags="warn")
        return redirect("training:list")
    found = side_by_side(chosen)
    context = {"found": found, "cohort": chosen[0].cohort, "figures": figures_of(found)}
    return render(request, "screening/runs.html", context)


def _chosen(request: HttpRequest) -> list[TrainingRun]:
    """The runs named in the address, each once; no more are looked up than could be shown."""
    wanted = list(dict.fromkeys(request.GET.getlist("run")))[: MOST + 1]
    if not all(text.isascii() and text.isdigit() and len(text) <= LONGEST for text in wanted):
        raise Http404(_("No such run."))
    return [run_for(request.user, int(text)) for text in wanted]
