"""Table 1 and matched controls of a cohort, for its coordinators and investigators."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohort_for
from readerstudy.studies.models import Cohort
from readerstudy.studies.selectors.cohorts import may_coordinate
from readerstudy.studies.services import matching
from screening.analysis.cohort_table import CSV_HEADER, csv_rows
from screening.cohort_table import table_one_of
from screening.exports.safe import to_csv


class CaliperForm(forms.Form):
    caliper = forms.FloatField(
        label=gettext_lazy("Caliper, in months"),
        initial=matching.CALIPER_MONTHS,
        min_value=0,
        max_value=matching.WIDEST_MONTHS,
        help_text=gettext_lazy("How much older or younger a control may be."),
    )


class MatchedStudyForm(CaliperForm):
    caliper = forms.FloatField(
        min_value=0, max_value=matching.WIDEST_MONTHS, widget=forms.HiddenInput, initial=matching.CALIPER_MONTHS
    )
    name = forms.CharField(label=gettext_lazy("Name of the study"), max_length=120)


def _cohort(request: HttpRequest, pk: int) -> Cohort:
    return cohort_for(request.user, pk, COORDINATOR, INVESTIGATOR)


@login_required
@require_GET
def table_one(request: HttpRequest, cohort: int) -> HttpResponse:
    found = _cohort(request, cohort)
    return render(request, "screening/cohort.html", {"cohort": found, "table": table_one_of(found)})


@login_required
@require_GET
def table_one_csv(request: HttpRequest, cohort: int) -> HttpResponse:
    found = _cohort(request, cohort)
    return _csv(request, found, to_csv(CSV_HEADER, csv_rows(table_one_of(found))), "table-1")


@login_required
@require_http_methods(["GET", "POST"])
def matches(request: HttpRequest, cohort: int) -> HttpResponse:
    """The proposal; POST makes a draft study of it."""
    found = _cohort(request, cohort)
    may_make = may_coordinate(request.user, found) and request.user.may_coordinate
    given = (request.POST or request.GET).get("caliper", matching.CALIPER_MONTHS)
    asked = CaliperForm({"caliper": given})
    asked.is_valid()
    caliper = asked.cleaned_data.get("caliper", matching.CALIPER_MONTHS)
    form = MatchedStudyForm(request.POST or None, initial={"caliper": caliper}, auto_id="study_%s")
    if request.method == "POST":
        if not may_make:
            raise PermissionDenied(_("Only coordinators of this cohort make studies."))
        if form.is_valid() and (study := _made(request, found, form)):
            return redirect("studies:study", study.pk)
    context = {
        "cohort": found,
        "asked": asked,
        "caliper": caliper,
        "form": form,
        "may_make": may_make,
        **_proposal(found, caliper),
    }
    return render(request, "screening/cohort_matches.html", context, status=400 if form.errors or asked.errors else 200)


def _made(request: HttpRequest, cohort: Cohort, form: MatchedStudyForm) -> Any:
    try:
        study = matching.study_of_matches(cohort=cohort, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None
    messages.success(request, _("A draft on %(n)d matched faces.") % {"n": study.cases.count()}, extra_tags="good")
    return study


def _proposal(cohort: Cohort, caliper: float) -> dict[str, Any]:
    try:
        proposal = matching.propose_matches(cohort=cohort, caliper=caliper)
    except Refused as refusal:
        return {"refusal": refusal.message}
    sides = ((_("Before matching"), proposal.before), (_("After matching"), proposal.after))
    return {"proposal": proposal, "sides": sides, "query": urlencode({"caliper": caliper})}


@login_required
@require_GET
def matches_csv(request: HttpRequest, cohort: int) -> HttpResponse:
    found = _cohort(request, cohort)
    asked = CaliperForm(request.GET or {"caliper": matching.CALIPER_MONTHS})
    try:
        if not asked.is_valid():
            raise Refused(_("The caliper is a number of months."))
        proposal = matching.propose_matches(cohort=found, caliper=asked.cleaned_data["caliper"])
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("screening:cohort_matches", found.pk)
    return _csv(request, found, to_csv(matching.CSV_HEADER, matching.pair_rows(proposal)), "matches")


def _csv(request: HttpRequest, cohort: Cohort, body: str, name: str) -> HttpResponse:
    record("cohort.exported", actor=request.user, target=f"cohort:{cohort.pk}", file=f"{name}.csv")
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cohort-{cohort.pk}-{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response
