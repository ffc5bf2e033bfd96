"""Pages of the analysis desk. Investigators only: 404 for strangers, 403 for other roles."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, study_for
from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.selectors.blinding import results_wait, unblinding_of
from readerstudy.studies.selectors.studies import current_protocol
from screening import answers as answer_rows
from screening import charts, jobs, selectors
from screening.aids import aid_state, prepare_aids
from screening.analysis.options import changes
from screening.exports import EXPORTS
from screening.exports.formats import csv_pieces
from screening.exports.safe import to_csv
from screening.forms import AidsForm, ComparisonForm
from screening.models import Comparison
from screening.own import own_result
from screening.presentation import TABLE_TWO, population_rows, table_two
from screening.presentation_sections import section_context
from screening.views_jobs import to_page
from screening.worded import as_stored, worded


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "screening/index.html", {"studies": selectors.studies_to_analyse(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def study(request: HttpRequest, study: int) -> HttpResponse:
    found = study_for(request.user, study, INVESTIGATOR)
    form = ComparisonForm(request.POST or None, study=found)
    if request.method == "POST" and form.is_valid():
        try:
            run, options = form.cleaned_data["run"], form.options()
            return to_page(jobs.ask(study=found, run=run, options=options, by=request.user))
        except Refused as refusal:
            form.add_error(None, refusal.message)
    waits = results_wait(found)
    context = {
        "study": found,
        "waits": waits,
        "early": unblinding_of(found),
        "form": form,
        "has_runs": selectors.runs_for(found).exists(),
        "unfinished": selectors.unfinished_runs(found),
        "comparisons": [] if waits else selectors.comparisons_of(found),
        "jobs": [] if waits else selectors.live_jobs(found),
        "is_aided": current_protocol(found).design != Protocol.Design.UNAIDED,
        "aids": aid_state(found),
    }
    return render(request, "screening/study.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def aids(request: HttpRequest, study: int) -> HttpResponse:
    """The model's output for aided reading: how far it is, and the button that freezes it."""
    found = study_for(request.user, study, INVESTIGATOR)
    form = AidsForm(request.POST or None, study=found)
    if request.method == "POST" and form.is_valid():
        try:
            prepare_aids(study=found, run=form.cleaned_data["run"], by=request.user)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The model's output is prepared for every face to read."), extra_tags="good")
            return redirect("screening:aids", found.pk)
    protocol = current_protocol(found)
    context = {
        "study": found,
        "protocol": protocol,
        "is_aided": protocol.design != Protocol.Design.UNAIDED,
        "form": form,
        "has_runs": selectors.runs_for(found).exists(),
        "aids": aid_state(found),
    }
    return render(request, "screening/aids.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def mine(request: HttpRequest, study: int) -> HttpResponse:
    """A reader's own result; nobody else's is on it, and nobody else may open it."""
    return render(request, "screening/mine.html", {"own": own_result(request.user, study)})


@login_required
@require_GET
def answers(request: HttpRequest, study: int) -> StreamingHttpResponse:
    found = selectors.study_with_results(request.user, study)
    _audit(request, found, "answers.csv")
    body = csv_pieces(answer_rows.header(), answer_rows.rows(found))
    return _download(body, "text/csv; charset=utf-8", f"study-{found.pk}-answers.csv")


@login_required
@require_GET
def comparison(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    return render(request, "screening/comparison.html", _page(found))


def _page(found: Comparison) -> dict[str, Any]:
    result = worded(found)
    return {
        "comparison": found,
        "study": found.study,
        "result": result,
        "figures": charts.roc(result),
        "columns": [label for _name, label in TABLE_TWO],
        "table_two": table_two(result),
        "population": population_rows(result),
        "has_own_curves": any(reader["own_curve"] for reader in result["readers"]),
        "exports": {name: _(export.title) for name, export in EXPORTS.items()},
        "changes": changes(found.options),
        "charts": charts.sections(result),
        **section_context(result),
    }


@login_required
@require_GET
def export(request: HttpRequest, study: int, pk: int, name: str) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    if name not in EXPORTS:
        raise Http404(_("No such file."))
    wanted = EXPORTS[name]
    with as_stored():
        body = to_csv(wanted.header, wanted.rows(found.result))
    _audit(request, found.study, f"{name}.csv", comparison=found.pk)
    return _download(body, "text/csv; charset=utf-8", f"comparison-{found.pk}-{name}.csv")


@login_required
@require_GET
def results(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """Everything the page is made from, as JSON."""
    found = selectors.comparison_for(request.user, study, pk)
    body = {
        "comparison": found.pk,
        "fingerprint": found.fingerprint,
        "created_at": found.created_at.isoformat(),
        "created_by": str(found.created_by),
    }
    text = json.dumps(body | found.result, ensure_ascii=False, indent=1, allow_nan=False)
    _audit(request, found.study, "results.json", comparison=found.pk)
    return _download(text, "application/json", f"comparison-{found.pk}-results.json")


def _audit(request: HttpRequest, study: Study, file: str, **more: Any) -> None:
    record("study.exported", actor=request.user, target=f"study:{study.pk}", file=file, status=study.status, **more)


def _download(body: str | Iterator[bytes], kind: str, name: str) -> HttpResponse | StreamingHttpResponse:
    response_of = HttpResponse if isinstance(body, str) else StreamingHttpResponse
    response = response_of(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
