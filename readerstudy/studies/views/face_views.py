"""Who was sent which face of a cohort: for its coordinators."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from readerstudy.audit.selectors import Names
from readerstudy.audit.services import record
from readerstudy.audit.views_log import csv_lines, views_of
from readerstudy.studies.access import COORDINATOR
from readerstudy.studies.models import Cohort
from readerstudy.studies.views.cohorts import cohort_page

PAGE = 100
FILTERS = ("person", "case", "since", "until")


def asked(given: QueryDict) -> dict[str, str]:
    return {name: given.get(name, "").replace("\0", "").strip()[:200] for name in FILTERS}


@cohort_page(COORDINATOR)
@require_safe
def face_views(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    wish = asked(request.GET)
    page = Paginator(views_of(cohort=cohort.pk, **wish), PAGE).get_page(request.GET.get("page"))
    names = Names()
    rows = [(view, names[view.who]) for view in page]
    context = {
        "cohort": cohort,
        "page": page,
        "rows": rows,
        "query": urlencode(wish) + "&",
        "days": settings.FACE_VIEW_DAYS,
        **wish,
    }
    return render(request, "audit/face_views.html", context)


@cohort_page(COORDINATOR)
@require_POST
def face_views_csv(request: HttpRequest, cohort: Cohort) -> StreamingHttpResponse:
    """What the page shows, oldest first; the export is an entry of the audit log."""
    wish = asked(request.POST)
    views = views_of(cohort=cohort.pk, **wish).order_by("id")
    record("face_views.exported", actor=request.user, target=f"cohort:{cohort.pk}", rows=views.count())
    answer = StreamingHttpResponse(csv_lines(views.iterator(chunk_size=2000)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="cohort-{cohort.pk}-views.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
