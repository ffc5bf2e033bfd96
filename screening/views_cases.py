"""Who missed what, case by case. Investigators of the study only."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from screening import selectors
from screening.analysis.cases import FILTERS, SORTS, Choice, chosen, difficulty, entry, matrix, telling
from screening.charts.cases import figure
from screening.models import Comparison
from screening.worded import worded

CASES_A_PAGE = 50
MOST_READER_COLUMNS = 12  # with more readers the list names who was wrong instead


@login_required
@require_GET
def case_list(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    choice, result = _choice(request, found), worded(found)
    how = difficulty(result)
    places = chosen(result, how, choice)
    page = Paginator(places, CASES_A_PAGE).get_page(request.GET.get("page"))
    entries = [entry(result, how, place) for place in page]
    groups = telling(result, how) if choice == Choice() and page.number == 1 else []
    seen = [case["photo"] for case in [*entries, *(case for group in groups for case in group["cases"])]]
    context = _context(found, result, choice) | {
        "page": page,
        "cases": entries,
        "groups": groups,
        "pictures": _pictures(found, seen),
        "filters": FILTERS,
        "sorts": SORTS,
        "has_columns": len(result["readers"]) <= MOST_READER_COLUMNS,
        "matrix": matrix(result, how, places),
    }
    context["figures"] = {"matrix": figure(context["matrix"])}
    return render(request, "screening/cases.html", context)


@login_required
@require_GET
def case(request: HttpRequest, study: int, pk: int, number: int) -> HttpResponse:
    """One case, with its neighbours in the list it was opened from."""
    found = selectors.comparison_for(request.user, study, pk)
    choice, result = _choice(request, found), worded(found)
    how, numbers = difficulty(result), result["rows"]["number"]
    if number not in numbers:
        raise Http404(_("No such case."))
    order = [numbers[place] for place in chosen(result, how, choice)]
    at = order.index(number) if number in order else None
    shown = entry(result, how, numbers.index(number))
    context = _context(found, result, choice) | {
        "case": shown,
        "picture": _pictures(found, [shown["photo"]]).get(shown["photo"], {}),
        "position": None if at is None else at + 1,
        "of": len(order),
        "previous": order[at - 1] if at else None,
        "next": order[at + 1] if at is not None and at + 1 < len(order) else None,
        "has_confidence": any(call["confidence"] is not None for call in shown["calls"]),
    }
    return render(request, "screening/case.html", context)


def _context(found: Comparison, result: dict[str, Any], choice: Choice) -> dict[str, Any]:
    return {
        "comparison": found,
        "study": found.study,
        "result": result,
        "choice": choice,
        "query": f"?{choice.query}" if choice.query else "",
    }


def _choice(request: HttpRequest, found: Comparison) -> Choice:
    wish = {name: request.GET.get(name) or getattr(Choice(), name) for name in ("show", "sort", "reader")}
    codes = {"", *(reader["code"] for reader in found.result["readers"])}
    if wish["show"] not in FILTERS or wish["sort"] not in SORTS or wish["reader"] not in codes:
        raise Http404(_("No such selection."))
    return Choice(**wish)


def _pictures(found: Comparison, photos: list[int]) -> dict[int, dict[str, str]]:
    """By photo, where its aligned face and its heat map are shown; the views there ask for the same role again."""
    heat = selectors.photos_with_heat_map(found.run, photos)
    return {
        photo: {
            "face": reverse("studies:photo_file", args=[found.study.cohort_id, photo, "crop"]),
            "heat": reverse("training:heat", args=[found.run_id, heat[photo]]) if photo in heat else "",
        }
        for photo in selectors.photos_with_crop(photos)
    }
