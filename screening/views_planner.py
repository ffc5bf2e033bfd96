"""The sample-size planner: for all who plan studies; prefilled from a study's own results for its investigators."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, study_for
from readerstudy.studies.models import Membership, Reader, Study
from screening import planner
from screening.charts.planner import planner as figures_of
from screening.exports.safe import to_csv
from screening.forms_planner import PilotForm, PlannerForm, start
from screening.pilots import Learned, Source, learn, sources

DEFAULT_MEASURE = "sensitivity"
FIGURES = (("power", "a"), ("fewest", "b"))


def enter_planner(user: User) -> None:
    """Investigators and coordinators of any study; it shows nobody's data."""
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    if roles & {INVESTIGATOR, COORDINATOR} or user.may_coordinate:
        return
    if Reader.objects.filter(user=user).exists():
        raise PermissionDenied(_("The planner belongs to investigators and coordinators."))
    raise Http404(_("No study of yours is to be planned."))


@login_required
@require_GET
def planner_page(request: HttpRequest) -> HttpResponse:
    enter_planner(request.user)
    return _page(request, _given(request, None), {})


@login_required
@require_GET
def study_planner(request: HttpRequest, study: int) -> HttpResponse:
    """Prefilled from what this study itself has shown."""
    found = study_for(request.user, study, INVESTIGATOR)
    known = sources(found)
    source, measure = chosen_source(known, request.GET.get("pilot")), chosen_measure(request.GET.get("measure"))
    learned, refusal = _learned(found, source, measure)
    context = {
        "study": found,
        "learned": learned,
        "refusal": refusal,
        "pick": PilotForm(
            sources=known, initial={"pilot": source and source.key, "measure": measure}, auto_id="pick_%s"
        )
        if known
        else None,
    }
    return _page(request, _given(request, learned), context, learned=learned)


@login_required
@require_GET
def planner_csv(request: HttpRequest) -> HttpResponse:
    """The table and the curves of the plan in the address. It holds what was typed and nothing else."""
    enter_planner(request.user)
    form = _given(request, None)
    try:
        if not form.is_valid():
            raise Http404(_("No such plan: open the planner and download from there."))
        found = planner.plan(form.wish())
    except Refused as refusal:
        raise Http404(refusal.message) from refusal
    response = HttpResponse(to_csv(planner.CSV_HEADER, planner.csv_rows(found)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="plan.csv"'
    return response


def chosen_source(known: list[Source], key: str | None) -> Source | None:
    """The source called ``key``, the first without a key; 404 for a key that this study does not have."""
    if not key:
        return known[0] if known else None
    if found := next((source for source in known if source.key == key), None):
        return found
    raise Http404(_("No such pilot in this study."))


def chosen_measure(name: str | None) -> str:
    if name and name not in planner.MEASURES:
        raise Http404(_("No such measure."))
    return name or DEFAULT_MEASURE


def _learned(study: Study, source: Source | None, measure: str) -> tuple[Learned | None, str]:
    if source is None:
        return None, ""
    try:
        return learn(study, source, measure), ""
    except Refused as refusal:
        return None, refusal.message


def _given(request: HttpRequest, learned: Learned | None) -> PlannerForm:
    """What the address says, over the pilot's (or the example's) values: the page has an answer from the start."""
    return PlannerForm(
        start(learned) | {key: value for key, value in request.GET.items() if key in PlannerForm.base_fields}
    )


def _page(
    request: HttpRequest, form: PlannerForm, context: dict[str, Any], *, learned: Learned | None = None
) -> HttpResponse:
    found, is_own = None, False
    if form.is_valid():
        is_own = learned is not None and form.holds(learned)
        try:
            without = learned.study.without_each_reader if learned and is_own else ()
            found = planner.plan(form.wish(), without_each_reader=without)
        except Refused as refusal:
            form.add_error(None, refusal.message)
    context |= {
        "form": form,
        "plan": found,
        "is_own": is_own,
        "is_example": learned is None and not any(name in request.GET for name in planner.COMPONENTS),
    }
    if found:
        context |= {
            "words": planner.words(found),
            "figures": figures_of(found),
            "figure_names": FIGURES,
            "query": urlencode(form.data),
        }
    return render(request, "screening/planner.html", context, status=400 if form.errors else 200)
