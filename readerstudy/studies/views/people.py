"""Who takes part: members, readers and invitations."""

from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from readerstudy.accounts.forms import AccountForm
from readerstudy.accounts.models import User
from readerstudy.accounts.services import BACKEND, create_account
from readerstudy.refusal import Refused
from readerstudy.studies.forms.desk import AnonymiseForm
from readerstudy.studies.forms.studies import AddPersonForm, InviteForm, ReaderProfileForm
from readerstudy.studies.models import Invitation, Study
from readerstudy.studies.qr import qr_svg
from readerstudy.studies.services import invitations as services
from readerstudy.studies.services.anonymity import anonymise_reader, may_be_anonymised
from readerstudy.studies.services.people import add_member, add_reader, remove_member, withdraw_reader
from readerstudy.studies.views.doors import act, study_page

FRESH = "fresh_invitation"  # session: (invitation, token, whether it was mailed), until the page has shown it once


@study_page
def people(request: HttpRequest, study: Study) -> HttpResponse:
    """Everybody, and the form that invites one more."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, token = services.invite(study=study, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return hand_over(request, invitation, token)
    return _people_page(request, study, form=form, adding=AddPersonForm())


def _people_page(request: HttpRequest, study: Study, *, form: InviteForm, adding: AddPersonForm) -> HttpResponse:
    page = {
        "study": study,
        "form": form,
        "adding": adding,
        "readers": study.readers.select_related("user", "replaces", "replaced_by"),
        "members": study.memberships.select_related("user").order_by("role", "id"),
        "invitations": study.invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        .select_related("replaces")
        .order_by("-id"),
        "now": timezone.now(),
    }
    return render(request, "studies/people.html", page)


def hand_over(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    is_mailed = services.mail_invitation(invitation=invitation, token=token)
    request.session[FRESH] = [invitation.pk, token, is_mailed]
    return redirect("studies:card", invitation.study_id, invitation.pk)


@study_page
@require_safe
@never_cache
def card(request: HttpRequest, study: Study, invitation_pk: int) -> HttpResponse:
    """The link, shown once: to copy, or to print as a card."""
    invitation = get_object_or_404(study.invitations, pk=invitation_pk)
    fresh = request.session.get(FRESH)
    link, is_mailed = "", False
    if fresh and fresh[0] == invitation.pk:
        del request.session[FRESH]
        link, is_mailed = services.link_for(fresh[1]), fresh[2]
    code = qr_svg(link, label=_("The link of this invitation as a QR code")) if link else ""
    shown = {"invitation": invitation, "link": link, "qr": code}
    page = {"study": study, "invitation": invitation, "link": link, "is_mailed": is_mailed, "card": shown}
    return render(request, "studies/card.html", page)


@study_page
@require_POST
def renew(request: HttpRequest, study: Study, invitation_pk: int) -> HttpResponse:
    invitation = get_object_or_404(study.invitations, pk=invitation_pk)
    try:
        return hand_over(request, *services.renew_invitation(invitation=invitation, by=request.user))
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:people", study.pk)


@study_page
@require_POST
def revoke(request: HttpRequest, study: Study, invitation_pk: int) -> HttpResponse:
    invitation = get_object_or_404(study.invitations, pk=invitation_pk)
    return act(
        request,
        do=lambda: services.revoke_invitation(invitation=invitation, by=request.user),
        done=_("The invitation of %(email)s is taken back.") % {"email": invitation.email},
        to="studies:people",
        pk=study.pk,
    )


@study_page
@require_POST
def add_person(request: HttpRequest, study: Study) -> HttpResponse:
    """Somebody with an account, without an invitation."""
    adding = AddPersonForm(request.POST)
    if adding.is_valid():
        try:
            user = _add(study, request.user, **adding.cleaned_data)
        except Refused as refusal:
            adding.add_error(None, refusal.message)
        else:
            messages.success(request, _("%(user)s takes part now.") % {"user": user}, extra_tags="good")
            return redirect("studies:people", study.pk)
    return _people_page(request, study, form=InviteForm(), adding=adding)


def _add(study: Study, by: User, *, email: str, role: str, seniority: str) -> User:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise Refused(_("There is no account for %(email)s. Send an invitation instead.") % {"email": email})
    if role == Invitation.Role.READER:
        add_reader(study=study, user=user, seniority=seniority, by=by)
    else:
        add_member(study=study, user=user, role=role, by=by)
    return user


@study_page
@require_POST
def withdraw(request: HttpRequest, study: Study, reader_pk: int) -> HttpResponse:
    reader = get_object_or_404(study.readers, pk=reader_pk)
    reason = request.POST.get("reason", "").strip()[:400]
    return act(
        request,
        do=lambda: withdraw_reader(reader=reader, by=request.user, reason=reason),
        done=_("%(code)s is withdrawn. Every answer given so far is kept.") % {"code": reader.code},
        to="studies:people",
        pk=study.pk,
    )


@study_page
def anonymise(request: HttpRequest, study: Study, reader_pk: int) -> HttpResponse:
    """What it means, the code to type, and the one button; it cannot be undone."""
    reader = get_object_or_404(study.readers.select_related("user", "study"), pk=reader_pk)
    form = AnonymiseForm(request.POST or None, code=reader.code)
    if request.method == "POST" and form.is_valid():
        try:
            anonymise_reader(reader=reader, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            done = _("%(code)s is anonymous now. Code, seniority and answers are kept.") % {"code": reader.code}
            messages.success(request, done, extra_tags="good")
            return redirect("studies:people", study.pk)
    page = {"study": study, "reader": reader, "form": form, "is_possible": may_be_anonymised(reader)}
    return render(request, "studies/anonymise.html", page)


@study_page
@require_POST
def remove(request: HttpRequest, study: Study, member_pk: int) -> HttpResponse:
    membership = get_object_or_404(study.memberships.select_related("user"), pk=member_pk)
    done = _("%(user)s is %(role)s no more.")
    done %= {"user": membership.user, "role": membership.get_role_display()}
    to = "home" if membership.user == request.user else "studies:people"
    return _removed(request, membership=membership, done=done, to=to, study=study)


def _removed(request: HttpRequest, *, membership: object, done: str, to: str, study: Study) -> HttpResponse:
    try:
        remove_member(membership=membership, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:people", study.pk)
    messages.success(request, done, extra_tags="good")
    return redirect(to) if to == "home" else redirect(to, study.pk)


@sensitive_post_parameters()
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an invitation's link. Opening it uses nothing up; the button does."""
    try:
        invitation = services.find_invitation(token)
    except Refused as refusal:
        return _closed_link(request, refusal)
    return (
        _accept_signed_in(request, invitation, token)
        if request.user.is_authenticated
        else _accept_new(request, invitation, token)
    )


def _accept_signed_in(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    profile = _profile_form(request, invitation)
    problem = ""
    if request.method == "POST" and (profile is None or profile.is_valid()):
        try:
            services.accept_invitation(token=token, user=request.user, **(profile.profile() if profile else {}))
            return _welcome(request, invitation)
        except Refused as refusal:
            problem = refusal.message
    page = {"invitation": invitation, "profile": profile, "problem": problem}
    return render(request, "studies/accept.html", page, status=409 if problem else 200)


def _accept_new(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Without a session: a new account under the invited address, or, if that has one, the way to sign in."""
    has_account = User.objects.filter(email__iexact=invitation.email).exists()
    profile = _profile_form(request, invitation)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["email"] = invitation.email  # the link proves this address, and no other
    account = AccountForm(data, initial={"name": invitation.name})
    problem = ""
    if data is not None and not has_account and account.is_valid() and (profile is None or profile.is_valid()):
        try:
            user = _create_and_accept(invitation, token, account, profile)
        except Refused as refusal:
            problem = refusal.message
        else:
            login(request, user, backend=BACKEND)
            return _welcome(request, invitation)
    page = {
        "invitation": invitation,
        "profile": profile,
        "problem": problem,
        "has_account": has_account,
        "account": [account[name] for name in ("name", "password1", "password2")],
    }
    return render(request, "studies/accept.html", page, status=409 if problem else 200)


@transaction.atomic
def _create_and_accept(
    invitation: Invitation, token: str, account: AccountForm, profile: ReaderProfileForm | None
) -> User:
    data = account.cleaned_data
    user = create_account(email=invitation.email, name=data["name"], password=data["password1"], by="invitation")
    services.accept_invitation(token=token, user=user, **(profile.profile() if profile else {}))
    return user


def _profile_form(request: HttpRequest, invitation: Invitation) -> ReaderProfileForm | None:
    if invitation.role != Invitation.Role.READER:
        return None
    return ReaderProfileForm(request.POST or None, initial={"seniority": invitation.seniority})


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    messages.success(request, _("Welcome to “%(name)s”.") % {"name": invitation.study.name}, extra_tags="good")
    return redirect("home")


def _closed_link(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return render(request, "accounts/refused.html", {"sentence": refusal.message}, status=refusal.status)
