"""The list of cohorts, a new one, its page and its subjects."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohort_for
from readerstudy.studies.forms.cohorts import FactsForm, NewCohortForm, WithdrawForm
from readerstudy.studies.models import Photo, Subject
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.selectors import imports
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.facts import state_confirmation

PAGE = 48


def cohort_page(*roles: str) -> Callable:
    """``view(request, cohort, ...)`` for holders of ``roles``: 404 for strangers, 403 for other roles."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
            return view(request, cohort_for(request.user, pk, *roles), **more)

        return page

    return decorate


@login_required
@require_safe
def cohort_list(request: HttpRequest) -> HttpResponse:
    """Coordinators and investigators; somebody who is only a reader has no business here."""
    cohorts = Paginator(selectors.cohort_list(request.user), PAGE).get_page(request.GET.get("page"))
    if not cohorts.object_list and not request.user.may_coordinate:
        raise PermissionDenied(_("This page is for coordinators and investigators."))
    return render(request, "cohorts/list.html", {"cohorts": cohorts})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cohort_new(request: HttpRequest) -> HttpResponse:
    if not request.user.may_coordinate:
        raise PermissionDenied(_("This account may not make cohorts."))
    form = NewCohortForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cohort = services.create_cohort(**form.cleaned_data, created_by=request.user)
        except Refused as refused:
            form.add_error("name", refused.message)
        else:
            return redirect("studies:cohort_import", cohort.pk)
    return render(request, "cohorts/new.html", {"form": form})


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def cohort(request: HttpRequest, cohort) -> HttpResponse:
    status, search = request.GET.get("status", ""), request.GET.get("q", "").strip()
    photos = Paginator(selectors.gallery(cohort, status=status, search=search), PAGE).get_page(request.GET.get("page"))
    context = {
        "cohort": cohort,
        "may_edit": selectors.may_coordinate(request.user, cohort),
        "progress": selectors.progress(cohort),
        "groups": selectors.groups(cohort),
        "imports": cohort.imports.select_related("created_by").order_by("-pk")[:5],
        "pending": imports.pending_imports(cohort),
        "photos": photos,
        "status": status,
        "search": search,
        "statuses": Photo.Status.choices,
    }
    return render(request, "cohorts/cohort.html", context)


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def cohort_progress(request: HttpRequest, cohort) -> HttpResponse:
    return _fresh(JsonResponse(selectors.progress(cohort)))


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def subject(request: HttpRequest, cohort, subject_pk: int) -> HttpResponse:
    return _subject_page(request, cohort, subject_pk)


def _subject_page(
    request: HttpRequest,
    cohort,
    subject_pk: int,
    *,
    form: WithdrawForm | None = None,
    facts: FactsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    subject = get_object_or_404(Subject, pk=subject_pk, cohort=cohort)
    context = {
        "cohort": cohort,
        "subject": subject,
        "may_edit": selectors.may_coordinate(request.user, cohort),
        "photos": subject.photos.select_related("face").order_by("-is_index", "id"),
        "form": form or WithdrawForm(),
        "facts": facts or FactsForm(instance=subject),
    }
    return render(request, "cohorts/subject.html", context, status=status)


@cohort_page(COORDINATOR)
@require_POST
def subject_facts(request: HttpRequest, cohort, subject_pk: int) -> HttpResponse:
    subject = get_object_or_404(Subject, pk=subject_pk, cohort=cohort)
    form = FactsForm(request.POST, instance=Subject.objects.get(pk=subject.pk))
    if not form.is_valid():
        return _subject_page(request, cohort, subject_pk, facts=form, status=400)
    try:
        state_confirmation(subject=subject, by=request.user, **form.cleaned_data)
    except Refused as refused:
        messages.error(request, refused.message, extra_tags="bad")
    else:
        messages.success(
            request, _("What is known of %(code)s is written down.") % {"code": subject.code}, extra_tags="good"
        )
    return redirect("studies:subject", cohort.pk, subject.pk)


@cohort_page(COORDINATOR)
@require_POST
def withdraw(request: HttpRequest, cohort, subject_pk: int) -> HttpResponse:
    subject = get_object_or_404(Subject, pk=subject_pk, cohort=cohort)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _subject_page(request, cohort, subject_pk, form=form, status=400)
    try:
        services.withdraw_consent(subject=subject, by=request.user, reason=form.cleaned_data["reason"])
    except Refused as refused:
        messages.error(request, refused.message, extra_tags="bad")
    else:
        messages.success(request, _("Every picture of %(code)s is erased.") % {"code": subject.code}, extra_tags="good")
    return redirect("studies:subject", cohort.pk, subject.pk)
