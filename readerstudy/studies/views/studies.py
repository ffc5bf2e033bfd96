"""The list of studies, a new one, its page, its rules and its faces."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, cohorts_of, studies_of
from readerstudy.studies.forms.desk import CopyForm
from readerstudy.studies.forms.studies import CasesForm, NewStudyForm, ReasonForm, RulesForm, WordsForm
from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.selectors.blinding import results_wait, unblinding_of
from readerstudy.studies.selectors.studies import (
    case_counts,
    current_protocol,
    diagnoses_of,
    eligible_photos,
    opening_checks,
    protocol_digest,
)
from readerstudy.studies.selectors.summary import frozen_versions, protocol_sentences
from readerstudy.studies.services import studies as services
from readerstudy.studies.views.doors import act, require_coordinator, study_page


@login_required
@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    require_coordinator(request.user)
    studies = (
        studies_of(request.user, COORDINATOR)
        .select_related("cohort")
        .annotate(
            faces=Count("cases", filter=Q(cases__is_practice=False), distinct=True),
            places=Count("readers", filter=Q(readers__withdrawn_at__isnull=True), distinct=True),
        )
        .order_by("-created_at")
    )
    return render(request, "studies/list.html", {"studies": studies})


@login_required
def new_study(request: HttpRequest) -> HttpResponse:
    if not request.user.may_coordinate:
        raise PermissionDenied(_("This account may not make studies."))
    cohorts = cohorts_of(request.user, COORDINATOR)
    form = NewStudyForm(request.POST or None, cohorts=cohorts, initial={"cohort": request.GET.get("cohort")})
    if request.method == "POST" and form.is_valid():
        try:
            study = _create(form, request.user)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("“%(name)s” is made.") % {"name": study.name}, extra_tags="good")
            return redirect("studies:study", study.pk)
    sentences = protocol_sentences(Protocol())
    page = {"form": form, "sentences": sentences, "has_cohorts": cohorts.exists()}
    return render(request, "studies/new.html", page)


@transaction.atomic
def _create(form: NewStudyForm, user: User) -> Study:
    data = form.cleaned_data
    study = services.create_study(cohort=data["cohort"], created_by=user, **form.words(), **form.rules())
    if data["how"] != "later":
        services.choose_cases(study=study, by=user, **form.choice())
    return study


@login_required
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """The rules typed so far, in plain words: a fragment for the page of a new study."""
    require_coordinator(request.user)
    form = RulesForm(request.GET)
    if not form.is_valid():
        return render(request, "studies/_sentences.html", {"problem": True})
    return render(request, "studies/_sentences.html", {"sentences": protocol_sentences(Protocol(**form.rules()))})


@study_page
@require_safe
def study(request: HttpRequest, study: Study) -> HttpResponse:
    protocol, counts, checks = current_protocol(study), case_counts(study), opening_checks(study)
    page = {
        "study": study,
        "protocol": protocol,
        "counts": counts,
        "checks": checks,
        "can_open": all(check.state != "stop" for check in checks),
        "sentences": protocol_sentences(protocol, counts),
        "is_intact": not protocol.digest or protocol.digest == protocol_digest(protocol),
        "versions": frozen_versions(study, counts),
        "waits": results_wait(study),
        "early": unblinding_of(study),
        "readers": study.readers.filter(withdrawn_at__isnull=True).count(),
        "copying": CopyForm.for_study(study) if request.user.may_coordinate else None,
    }
    return render(request, "studies/study.html", page)


@study_page
@require_safe
def protocol(request: HttpRequest, study: Study) -> HttpResponse:
    """The protocol on paper, in plain words: for the ethics committee."""
    rules, counts = current_protocol(study), case_counts(study)
    page = {
        "study": study,
        "protocol": rules,
        "counts": counts,
        "sentences": protocol_sentences(rules, counts),
        "versions": frozen_versions(study, counts),
        "early": unblinding_of(study),
        "today": timezone.now(),
    }
    return render(request, "studies/protocol.html", page)


@study_page
def edit(request: HttpRequest, study: Study) -> HttpResponse:
    """A draft: words and rules. An open study: rules only, as a new version with a reason."""
    is_draft = study.status == Study.Status.DRAFT
    if study.status == Study.Status.CLOSED:
        messages.error(request, _("The study is closed: its protocol no longer changes."), extra_tags="bad")
        return redirect("studies:study", study.pk)
    protocol = current_protocol(study)
    rules = RulesForm(request.POST or None, initial=RulesForm.initial_of(protocol))
    words = {name: getattr(study, name) for name in ("name", "description", "consent_text", "instructions")}
    other = WordsForm(request.POST or None, initial=words) if is_draft else ReasonForm(request.POST or None)
    if request.method == "POST" and rules.is_valid() and other.is_valid():
        try:
            _save(study, request.user, rules, other)
        except Refused as refusal:
            rules.add_error(None, refusal.message)
        else:
            messages.success(request, _("Saved."), extra_tags="good")
            return redirect("studies:study", study.pk)
    page = {
        "study": study,
        "rules": rules,
        "other": other,
        "is_draft": is_draft,
        "sentences": protocol_sentences(protocol),
    }
    return render(request, "studies/edit.html", page)


@transaction.atomic
def _save(study: Study, user: User, rules: RulesForm, other: WordsForm | ReasonForm) -> None:
    if isinstance(other, WordsForm):
        services.update_study(study=study, by=user, **other.words())
        services.update_protocol(study=study, by=user, **rules.rules())
    else:
        services.update_protocol(study=study, by=user, reason=other.cleaned_data["reason"], **rules.rules())


@study_page
def cases(request: HttpRequest, study: Study) -> HttpResponse:
    form = CasesForm(request.POST or None).offer(diagnoses_of(study.cohort))
    if request.method == "POST" and form.is_valid():
        try:
            chosen = services.choose_cases(study=study, by=request.user, **form.choice())
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("%(n)s faces are chosen.") % {"n": len(chosen)}, extra_tags="good")
            return redirect("studies:study", study.pk)
    ready = eligible_photos(study.cohort)
    page = {
        "study": study,
        "form": form,
        "counts": case_counts(study),
        "ready": ready.count(),
        "unstated": ready.filter(subject__has_syndrome__isnull=True).count(),
        "not_ready": study.cohort.photos.filter(is_index=True).exclude(pk__in=ready.values("pk")).count(),
    }
    return render(request, "studies/cases.html", page)


@study_page
@require_POST
def open_study(request: HttpRequest, study: Study) -> HttpResponse:
    return act(
        request,
        do=lambda: services.open_study(study=study, by=request.user),
        done=_("The study is open. Rules and faces are frozen."),
        to="studies:study",
        pk=study.pk,
    )


@study_page
@require_POST
def close_study(request: HttpRequest, study: Study) -> HttpResponse:
    return act(
        request,
        do=lambda: services.close_study(study=study, by=request.user),
        done=_("The study is closed. Nobody can read any more; nothing is deleted."),
        to="studies:study",
        pk=study.pk,
    )


@study_page
@require_POST
def reopen_study(request: HttpRequest, study: Study) -> HttpResponse:
    reason = request.POST.get("reason", "").strip()[:400]
    return act(
        request,
        do=lambda: services.reopen_study(study=study, by=request.user, reason=reason),
        done=_("The study is open again, under the same protocol."),
        to="studies:study",
        pk=study.pk,
    )
