"""The threshold explorer of a comparison. Investigators of the study only."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from readerstudy.refusal import Refused
from screening import selectors
from screening.analysis.explorer import at, calibration, points
from screening.charts.explorer import reliability
from screening.explorer import calibrated_of, prevalence_of

MEASURES = (
    ("sensitivity", _("Sensitivity")),
    ("specificity", _("Specificity")),
    ("ppv", _("PPV: of those called GS, affected")),
    ("npv", _("NPV: of those cleared, healthy")),
    ("positive_ratio", _("Likelihood ratio +")),
    ("negative_ratio", _("Likelihood ratio −")),
    ("needed_to_screen", _("Screened per affected child found")),
    ("alarms_per_found", _("False alarms per affected child found")),
)


@login_required
@require_GET
def explorer(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    try:
        one_in = prevalence_of(request.GET.get("one_in"))
    except Refused:
        one_in = prevalence_of(None)
    probability = calibrated_of(found)
    calibrated = calibration(found.result, probability)
    context: dict[str, Any] = {
        "comparison": found,
        "study": found.study,
        "result": found.result,
        "calibration": calibrated,
        "measures": MEASURES,
        "data": {
            "points": points(found.result),
            "at": at(found.result, probability, one_in=one_in),
            "cohort_one_in": found.result["cases"]["n"] / found.result["cases"]["n_gs"],
        },
        "figures": reliability(calibrated),
    }
    return render(request, "screening/explorer.html", context)


@login_required
@require_GET
def table(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    """All that depends on the prevalence, for ``?one_in=10000``."""
    found = selectors.comparison_for(request.user, study, pk)
    try:
        one_in = prevalence_of(request.GET.get("one_in"))
    except Refused as refusal:
        return JsonResponse({"detail": refusal.message}, status=refusal.status)
    answer = JsonResponse(at(found.result, calibrated_of(found), one_in=one_in))
    answer["Cache-Control"] = "private, no-store"
    return answer
