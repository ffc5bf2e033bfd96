"""Watching a study: progress, incidents, and the audit trail."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from readerstudy.audit.selectors import actions_about, events_about
from readerstudy.audit.services import verify_chain
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.monitor import incidents_of, progress_of
from readerstudy.studies.views.doors import study_page

PAGE = 100


@study_page
@require_safe
def monitor(request: HttpRequest, study: Study) -> HttpResponse:
    rows = progress_of(study)
    return render(request, "studies/monitor.html", {"study": study, "rows": rows, "latest": incidents_of(study)[:5]})


@study_page
@require_safe
def incidents(request: HttpRequest, study: Study) -> HttpResponse:
    page = Paginator(incidents_of(study), PAGE).get_page(request.GET.get("page"))
    return render(request, "studies/incidents.html", {"study": study, "page": page})


@study_page
@require_safe
def audit(request: HttpRequest, study: Study) -> HttpResponse:
    """Everything done to the study and to its cohort."""
    targets = [f"study:{study.pk}", f"cohort:{study.cohort_id}"]
    action, actor = request.GET.get("action", ""), request.GET.get("actor", "").strip()
    page = Paginator(events_about(*targets, action=action, actor=actor), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "audit/audit.html",
        {
            "study": study,
            "page": page,
            "actions": actions_about(*targets),
            "action": action,
            "actor": actor,
            "broken": verify_chain(),
            "query": urlencode({"action": action, "actor": actor}) + "&",
        },
    )
