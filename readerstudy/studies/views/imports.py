"""Uploading photos with their manifest, and the report that follows."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.forms.cohorts import ImportForm
from readerstudy.studies.imports import limits, manifest
from readerstudy.studies.imports.run import TO_STORE
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Subject
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.selectors import imports as reports
from readerstudy.studies.selectors import subjects
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.views.cohorts import cohort_page

PAGE = 100
COLUMNS = [
    ("subject_id", True, gettext_lazy("your own code: letters, digits, dots, dashes. Never a name or a record number")),
    ("file", True, gettext_lazy("the photo's name in the archive, for example 001.jpg")),
    ("label", True, gettext_lazy("GS or control")),
    ("syndrome", False, gettext_lazy("the diagnosis, for subjects labelled GS only")),
    ("orpha", False, gettext_lazy("its ORPHA code, for example ORPHA:648, or the bare number")),
    ("omim", False, gettext_lazy("its OMIM code, for example OMIM:163950, or the bare number")),
    ("confirmation", False, ", ".join(name for name, _ in Subject.Confirmation.choices if name)),
    ("confirmed_on", False, gettext_lazy("when: 2024-03-17, 2024-03 or 2024")),
    ("sex", False, gettext_lazy("F or M")),
    ("age_months", False, gettext_lazy("age at the photo; 30.5 or 30,5")),
    ("consent", False, gettext_lazy("the reference of the consent form")),
    ("index_photo", False, gettext_lazy("yes or no; needed only when a subject has several photos")),
]


@login_required
@require_safe
def manifest_template(request: HttpRequest) -> HttpResponse:
    """A manifest to fill in."""
    return _csv(HttpResponse(manifest.TEMPLATE, content_type="text/csv; charset=utf-8"), "manifest.csv")


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def cohort_manifest(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """What is known of the subjects, in the columns of the import."""
    record("cohort.exported", actor=request.user, target=f"cohort:{cohort.pk}", kind="manifest")
    rows = subjects.manifest_lines(cohort)
    return _csv(StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8"), f"cohort-{cohort.pk}.csv")


def _csv(response, name: str):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@csrf_exempt  # the inner function is protected; this order lets the size be refused before a byte is read
@cohort_page(COORDINATOR)
def cohort_import(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_MB * 1_000_000:
        return JsonResponse(
            {
                "detail": _("The upload is larger than %(upload_max_mb)s MB: split it.")
                % {"upload_max_mb": settings.UPLOAD_MAX_MB}
            },
            status=413,
        )
    return _import(request, cohort)


@csrf_protect
def _import(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    is_post = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if is_post else ImportForm()
    if is_post:
        if form.is_valid() and (batch := _start(request, cohort, form)):
            url = reverse("studies:import_report", args=[cohort.pk, batch.pk])
            return JsonResponse({"url": url}, status=201) if _wants_json(request) else redirect(url)
        if _wants_json(request):
            sentences = [f"{form[name].label}: {error}" if name in form.fields else error
                         for name, errors in form.errors.items() for error in errors]  # fmt: skip
            return JsonResponse({"detail": " ".join(sentences)}, status=400)
    context = {
        "cohort": cohort,
        "form": form,
        "columns": COLUMNS,
        "limits": limits,
        "max_mb": settings.UPLOAD_MAX_MB,
        "begun": reports.begun_upload(cohort),
    }
    return render(request, "cohorts/import.html", context, status=400 if form.errors else 200)


def _start(request: HttpRequest, cohort: Cohort, form: ImportForm) -> ImportBatch | None:
    try:
        return services.start_import(
            cohort=cohort,
            archive=form.archive(),
            manifest=form.cleaned_data["manifest"],
            created_by=request.user,
            is_checked_first=True,
        )
    except Refused as refused:
        form.add_error(None, refused.message)
        return None


def _wants_json(request: HttpRequest) -> bool:
    return request.accepts("application/json") and not request.accepts("text/html")


def _batch(cohort: Cohort, batch_pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.select_related("cohort", "created_by"), pk=batch_pk, cohort=cohort)


@cohort_page(COORDINATOR)
@require_safe
def import_report(request: HttpRequest, cohort: Cohort, batch_pk: int) -> HttpResponse:
    batch = _batch(cohort, batch_pk)
    verdict = request.GET.get("verdict", "")
    lines = Paginator(selectors.report_lines(batch, verdict=verdict), PAGE).get_page(request.GET.get("page"))
    state = selectors.batch_state(batch)
    words = reports.verdict_words(batch)
    for line in lines:
        line.word = words[line.verdict]
    context = {
        "cohort": cohort,
        "batch": batch,
        "state": state,
        "n_to_store": sum(state["verdicts"][v] for v in TO_STORE),
        "kept_days": limits.CHECKED_KEPT_DAYS,
        "because": reports.reasons(batch) if state["waits_for_decision"] else [],
        "tabs": [(v, words[v], state["verdicts"][v]) for v in ImportLine.Verdict.values],
        "verdict": verdict,
        "lines": lines,
        "problems": batch.problem.split("\n") if batch.problem else [],
    }
    return render(request, "cohorts/report.html", context)


@cohort_page(COORDINATOR)
@require_safe
def import_state(request: HttpRequest, cohort: Cohort, batch_pk: int) -> HttpResponse:
    response = JsonResponse(selectors.batch_state(_batch(cohort, batch_pk)))
    response["Cache-Control"] = "no-store"
    return response


@cohort_page(COORDINATOR)
@require_safe
def import_csv(request: HttpRequest, cohort: Cohort, batch_pk: int) -> HttpResponse:
    rows = selectors.report_rows(_batch(cohort, batch_pk))
    return _csv(StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8"), f"import-{batch_pk}.csv")


@cohort_page(COORDINATOR)
@require_POST
def import_confirm(request: HttpRequest, cohort: Cohort, batch_pk: int) -> HttpResponse:
    """Somebody has seen the report of the check and says yes."""
    return _decide(request, cohort, batch_pk, decide=services.confirm_import)


@cohort_page(COORDINATOR)
@require_POST
def import_discard(request: HttpRequest, cohort: Cohort, batch_pk: int) -> HttpResponse:
    return _decide(request, cohort, batch_pk, decide=services.discard_import)


def _decide(request: HttpRequest, cohort: Cohort, batch_pk: int, *, decide: Callable) -> HttpResponse:
    batch = _batch(cohort, batch_pk)
    has_report = batch.status != ImportBatch.Status.COLLECTING
    try:
        decide(batch=batch, by=request.user)
    except Refused as refused:
        messages.error(request, refused.message, extra_tags="bad")
    else:
        if not has_report:
            messages.success(request, _("The upload is thrown away."), extra_tags="good")
            return redirect("studies:cohort_import", cohort.pk)
    return redirect("studies:import_report", cohort.pk, batch_pk)
