"""The report of a comparison: the page, the HTML file, the PDF, and the bundle that reproduces its numbers."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from readerstudy.audit.services import record
from screening import selectors
from screening.models import Comparison
from screening.report import html
from screening.report.bundle import bundle
from screening.report.compose import compose
from screening.report.facts import facts_of
from screening.report.languages import in_language, offered
from screening.report.pdf import pdf
from screening.worded import worded


@login_required
@require_GET
def report(request: HttpRequest, study: int, pk: int) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    with in_language(request.GET.get("language")):
        document = compose(worded(found), facts_of(found))
    context = {
        "languages": offered(),
        "comparison": found,
        "study": found.study,
        "document": document,
        "body": mark_safe(html.body(document)),  # noqa: S308 - every text in it was escaped by the writer
    }
    return render(request, "screening/report.html", context)


@login_required
@require_GET
def report_file(request: HttpRequest, study: int, pk: int, kind: str) -> HttpResponse:
    found = selectors.comparison_for(request.user, study, pk)
    return as_file(request, found, kind)


def as_file(request: HttpRequest, found: Comparison, kind: str) -> HttpResponse:
    """Made anew from the stored result at every fetch, in the language asked for or else that of who asks; audited."""
    if kind not in FILES:
        raise Http404(_("No such file."))
    media, make = FILES[kind]
    with in_language(request.GET.get("language")):
        response = HttpResponse(make(found), content_type=media)
    name = f"comparison-{found.pk}-{'report' if kind != 'zip' else 'bundle'}.{kind}"
    record(
        "study.exported",
        actor=request.user,
        target=f"study:{found.study_id}",
        file=name.split("-", 2)[2],
        status=found.study.status,
        comparison=found.pk,
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _html(found: Comparison) -> bytes:
    return html.page(compose(worded(found), facts_of(found))).encode()


def _pdf(found: Comparison) -> bytes:
    return pdf(compose(worded(found), facts_of(found)))


def _zip(found: Comparison) -> bytes:
    return bundle(found.result, facts_of(found))


FILES: dict[str, tuple[str, Callable[[Comparison], bytes]]] = {
    "html": ("text/html; charset=utf-8", _html),
    "pdf": ("application/pdf", _pdf),
    "zip": ("application/zip", _zip),
}
