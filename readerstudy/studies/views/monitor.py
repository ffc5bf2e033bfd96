"""Watching a study: progress, incidents, and the audit trail."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from readerstudy.accounts.models import User
from readerstudy.audit.export import csv_lines
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import actions_about, events_about, named, within
from readerstudy.audit.services import check_new_entries, record, verify_chain
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.audit import targets_of
from readerstudy.studies.selectors.monitor import incidents_of, progress_of
from readerstudy.studies.views.doors import study_page
from readerstudy.studies.views.monitor_lines import monitor_lines

PAGE = 100
DAYS = ("since", "until")


@study_page
@require_safe
def monitor(request: HttpRequest, study: Study) -> HttpResponse:
    lines = monitor_lines(study, progress_of(study))
    return render(request, "studies/monitor.html", {"study": study, "lines": lines, "latest": incidents_of(study)[:5]})


@study_page
@require_safe
def incidents(request: HttpRequest, study: Study) -> HttpResponse:
    page = Paginator(incidents_of(study), PAGE).get_page(request.GET.get("page"))
    return render(request, "studies/incidents.html", {"study": study, "page": page})


@study_page
@require_safe
def audit(request: HttpRequest, study: Study) -> HttpResponse:
    """Everything done to the study and to its cohort."""
    targets, action, actor = _asked(request.GET, study)
    days = {name: request.GET.get(name, "") for name in DAYS}
    found = within(events_about(*targets, action=action, actor=actor), **days)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    page.object_list = named(page.object_list)
    return render(
        request,
        "audit/audit.html",
        {
            "study": study,
            "page": page,
            "actions": actions_about(*targets),
            "action": action,
            "actor": actor,
            "chain": check_new_entries(),
            **days,
            "query": urlencode({"action": action, "actor": actor, **days}) + "&",
        },
    )


def _asked(given: QueryDict, study: Study) -> tuple[list[str], str, str]:
    return targets_of(study), given.get("action", ""), given.get("actor", "").strip()


@study_page
@require_POST
def check_audit(request: HttpRequest, study: Study) -> HttpResponse:
    """Walk the whole log, from its first entry."""
    broken = verify_chain()
    if broken is None:
        messages.success(request, _("The whole log was checked: the chain is intact."), extra_tags="good")
    else:
        messages.error(
            request,
            _("The whole log was checked: the chain breaks at entry %(broken)s.") % {"broken": broken},
            extra_tags="bad",
        )
    return redirect("studies:audit", study.pk)


@study_page
@require_POST
def export_audit(request: HttpRequest, study: Study) -> StreamingHttpResponse:
    """The entries that the page shows, as CSV; the export is an entry itself."""
    _, action, actor = _asked(request.POST, study)
    days = {name: request.POST.get(name, "") for name in DAYS}
    return audit_file(study, action=action, actor=actor, by=request.user, **days)


def audit_file(
    study: Study, *, action: str, actor: str, by: User, since: str = "", until: str = ""
) -> StreamingHttpResponse:
    found = within(events_about(*targets_of(study), action=action, actor=actor), since=since, until=until).order_by(
        "id"
    )
    lines = csv_lines(found.filter(pk__lte=_last(found)).iterator(chunk_size=2000))
    record("audit.exported", actor=by, target=f"study:{study.pk}", which=action, is_of_one_person=bool(actor))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-study-{study.pk}.csv"'
    return answer


def _last(events: QuerySet[AuditEvent]) -> int:
    """Read before the export writes its own entry, which is not part of what was asked for."""
    return events.aggregate(last=Max("id"))["last"] or 0
