"""The training desk: list, new run, one run, its end and its scores."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, studies_of
from training import run_numbers, selectors, services
from training.access import enter_desk, run_for
from training.disk import disk_use
from training.exports import predictions_csv
from training.forms import NewRunForm, preset_values
from training.models import Kind, State, TrainingRun
from training.offers import offers
from training.presets import CATALOGUE
from training.run_figures import figures
from training.syndromes import syndrome_ranking
from training.weights import facts_of, weights_directory


@require_GET
@login_required
def run_list(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    runs = [
        {"run": run, "network": selectors.network_of(run), "auc": selectors.mean_auc(run)}
        for run in selectors.runs_for(request.user).prefetch_related("folds")
    ]
    can_compare = sum(row["run"].state == State.FINISHED for row in runs) > 1
    return render(request, "training/list.html", {"runs": runs, "compare_url": _compare_url() if can_compare else ""})


@require_http_methods(["GET", "POST"])
@login_required
def new_run(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    form = NewRunForm(request.POST or None, user=request.user, initial=_first_choices(request))
    if form.is_valid() and (run := _created(request, form)):
        messages.success(request, _("The run waits for a worker; this page follows it."), extra_tags="good")
        return redirect("training:run", run.pk)
    page = {
        "form": form,
        "catalogue": CATALOGUE,
        "preset_values": preset_values(),
        "offers": offers(form.fields["cohort"].queryset),
    }
    return render(request, "training/new.html", page, status=400 if form.errors else 200)


def _first_choices(request: HttpRequest) -> dict[str, Any]:
    """What the link that led here asks for: a cohort, or another model on the folds of a run."""
    if not request.GET.get("source", "").isdecimal():
        return {"preset": "demo", "cohort": request.GET.get("cohort")}
    source = run_for(request.user, int(request.GET["source"]))
    preset = Kind.EMBEDDING_SVM if source.kind == Kind.NETWORK else Kind.GABOR_LINEAR
    return {"preset": preset, "cohort": source.cohort_id, "source": source.pk}


def _created(request: HttpRequest, form: NewRunForm) -> TrainingRun | None:
    values = form.cleaned_data
    try:
        return services.create_run(
            cohort=values["cohort"],
            name=values["name"],
            recipe=values["recipe"],
            weights_name=values["weights"],
            source=values["source"],
            created_by=request.user,
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None


@require_GET
@login_required
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    prefetch_related_objects([run], "folds")
    page = {
        "run": run,
        "recipe": selectors.described(run),
        "network": selectors.network_of(run),
        "is_papers": selectors.has_papers_network(run),
        "progress": selectors.progress(run),
        "folds": run.folds.all(),
        "left_out": selectors.left_out(run),
        "photos": run.predictions.count(),
        "comparisons": _comparison_links(request, run),
        "syndromes": syndrome_ranking(run),
        "repeats": run_numbers.repeats(run),
        "companions": run_numbers.companions(run),
        "compare_url": _compare_url(),
        "weights": facts_of(weights_directory() / run.weights_name) if run.weights_name else None,
        "fingerprints": run_numbers.fingerprints(run),
        "disk": disk_use(run, run.folds.all()),
    }
    return render(request, "training/run.html", page | _held_out(run))


def _held_out(run: TrainingRun) -> dict[str, Any]:
    """What the finished folds' test parts showed; nothing before the first has ended."""
    numbers = run_numbers.numbers(run, run.folds.all())
    if numbers is None:
        return {}
    return {
        "numbers": numbers,
        "metrics": run_numbers.metric_table(run, numbers),
        "figures": figures(numbers),
        "outdated": [part.fold.index + 1 for part in numbers.folds if part.is_outdated],
    }


def _compare_url() -> str:
    """Where runs are put side by side, above this room; empty where that is not installed."""
    try:
        return reverse("screening:runs")
    except NoReverseMatch:
        return ""


def _comparison_links(request: HttpRequest, run: TrainingRun) -> list[dict[str, str]]:
    """The analysis desk lies above this room: its address is known by name only, and may be missing."""
    try:
        studies = studies_of(request.user, INVESTIGATOR).filter(cohort=run.cohort_id)
        return [
            {"study": study.name, "url": f"{reverse('screening:study', args=[study.pk])}?run={run.pk}"}
            for study in studies
        ]
    except NoReverseMatch:
        return []


@require_POST
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    if services.cancel_run(run=run, by=request.user):
        messages.warning(request, _("Cancelled. Its worker stops at the next batch."), extra_tags="warn")
    else:
        messages.warning(request, _("The run had already come to its end."), extra_tags="warn")
    return redirect("training:run", run.pk)


@require_POST
@login_required
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    try:
        again = services.repeat_run(run=run, created_by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("training:run", run.pk)
    messages.success(
        request, _("The same recipe with seed %(seed)s waits for a worker.") % {"seed": again.seed}, extra_tags="good"
    )
    return redirect("training:run", again.pk)


@require_GET
@login_required
def scores(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    response = HttpResponse(predictions_csv(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-held-out-scores.csv"'
    response["Cache-Control"] = "no-store"
    return response
