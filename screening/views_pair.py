"""A comparison's readers among several runs, and two comparisons side by side. Investigators of the study only."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from readerstudy.studies.access import INVESTIGATOR, study_for
from screening import selectors
from screening.analysis import pair
from screening.analysis.runs import MOST, problem_of, reader_gaps, side_by_side
from screening.charts.runs import curves_and_readers, runs_and_readers
from screening.models import Comparison
from screening.worded import worded
from training.models import TrainingRun

LONGEST = 18  # digits of an id that every database can look for


@login_required
@require_GET
def runs(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """The comparison's run first, then the ticked ones; without any, the newest others."""
    found = selectors.comparison_for(request.user, study, pk)
    others = list(selectors.runs_for(found.study).exclude(pk=found.run_id))
    ticked = _numbers(request, "run")
    chosen = [found.run, *_ticked(others, ticked)]
    context = {"comparison": found, "study": found.study, "result": found.result, "others": others, "most": MOST}
    context["ticked"] = {run.pk for run in chosen}
    if len(chosen) > 1:
        if problem := problem_of(chosen):
            context["problem"] = problem
        else:
            sides = side_by_side(chosen, photos=found.result["rows"]["photo"])
            context["found"] = sides
            context["gaps"] = reader_gaps(sides, found.result["readers"])
            context["figures"] = runs_and_readers(sides, found.result["readers"])
    return render(request, "screening/comparison_runs.html", context)


@login_required
@require_GET
def comparisons(request: HttpRequest, study: int) -> HttpResponse:
    """Two comparisons of the study, the older one first."""
    found = study_for(request.user, study, INVESTIGATOR)
    wanted = _numbers(request, "comparison")
    if len(wanted) != 2:
        words = _("Tick two comparisons to put them side by side; %(n)s came.") % {"n": len(wanted)}
        messages.warning(request, words, extra_tags="warn")
        return redirect("screening:study", found.pk)
    first, second = (selectors.comparison_for(request.user, study, pk) for pk in sorted(wanted))
    context = {
        "study": found,
        "first": first,
        "second": second,
        "sides": _lettered(first, second),
        "found": pair.side_by_side(worded(first), worded(second)),
        "figures": curves_and_readers([("A", first.result), ("B", second.result)]),
    }
    return render(request, "screening/pair.html", context)


def _lettered(first: Comparison, second: Comparison) -> list[dict[str, object]]:
    return [{"letter": letter, "comparison": made} for letter, made in (("A", first), ("B", second))]


def _numbers(request: HttpRequest, name: str) -> list[int]:
    """Ids named in the address, each once."""
    wanted = list(dict.fromkeys(request.GET.getlist(name)))
    if not all(text.isascii() and text.isdigit() and len(text) <= LONGEST for text in wanted):
        raise Http404(_("No such run.") if name == "run" else _("No such comparison."))
    return [int(text) for text in wanted]


def _ticked(others: list[TrainingRun], ticked: list[int]) -> list[TrainingRun]:
    """The named ones in the order named; a run that is none of the cohort's finished ones does not exist."""
    if not ticked:
        return others[: MOST - 1]
    known = {run.pk: run for run in others}
    if any(pk not in known for pk in ticked):
        raise Http404(_("No such run."))
    return [known[pk] for pk in ticked]
