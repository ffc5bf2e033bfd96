"""Signing in and out, the profile, the first account, and the demo's one-click sign-in."""

from allauth.account.views import LoginView
from axes.utils import reset as unlock
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from readerstudy.accounts import idle, keys, oidc, services
from readerstudy.accounts.factors import factors_of
from readerstudy.accounts.forms import AccountForm, KeyForm, ProfileForm
from readerstudy.accounts.language import ResetForm
from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record
from readerstudy.refusal import Refused

NEW_KEY = "new_key"  # in the session, from the making of a key to the page that shows it


class SignIn(LoginView):
    """allauth's: a second step follows for who has one; the way in is written down by the adapter."""

    template_name = "accounts/sign_in.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(site_is_empty=not User.objects.exists(), OIDC=oidc.door(), **kwargs)


@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    sentence = _("There is no registration here: people join by an invitation from a study's coordinator.")
    return render(request, "accounts/not_in.html", {"sentence": sentence}, status=404)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> JsonResponse:
    """How long the session lasts if nothing is done; a POST says that somebody is there. Asked by every page."""
    if not request.user.is_authenticated:
        return JsonResponse({"who": None, "seconds_left": 0}, status=200 if request.method != "POST" else 401)
    if request.method == "POST":
        request.session[idle.SEEN] = idle.now()
    left = idle.seconds_left(request) if settings.SESSION_IDLE_S else None
    return JsonResponse({"who": request.user.pk, "seconds_left": left})


@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your name is saved."), extra_tags="good")
        return redirect("accounts:profile")
    return _profile_page(request, form=form, making=KeyForm(user=request.user))


def _profile_page(request: HttpRequest, *, form: ProfileForm, making: KeyForm) -> HttpResponse:
    page = {
        "form": form,
        "making": making,
        "factors": factors_of(request.user),
        "keys": keys.keys_in_use(request.user),
        "new_key": request.session.pop(NEW_KEY, ""),  # shown this once
    }
    return render(request, "accounts/profile.html", page)


@sensitive_post_parameters()
@login_required
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        record("account.password_changed", actor=request.user, target=f"user:{request.user.pk}")
        messages.success(request, _("Your password is changed. Other devices are signed out."), extra_tags="good")
        return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"form": form})


class PasswordReset(PasswordResetView):
    """Mails a link; says the same whether or not the address has an account."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/mail/reset.txt"
    subject_template_name = "accounts/mail/reset_subject.txt"
    success_url = reverse_lazy("accounts:password_reset_done")
    form_class = ResetForm
    extra_email_context = {"site_url": settings.SITE_URL}


class PasswordResetConfirm(PasswordResetConfirmView):
    template_name = "accounts/reset_confirm.html"
    success_url = reverse_lazy("accounts:sign_in")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        record("account.password_reset", actor=self.user, target=f"user:{self.user.pk}")
        unlock(username=self.user.email.lower())
        messages.success(self.request, _("Your new password is set: sign in with it."), extra_tags="good")
        return super().form_valid(form)


@login_required
@require_POST
def new_key(request: HttpRequest) -> HttpResponse:
    making = KeyForm(request.POST, user=request.user)
    if making.is_valid():
        try:
            __, request.session[NEW_KEY] = keys.make_key(user=request.user, **making.wish())
        except Refused as refusal:
            making.add_error(None, refusal.message)
        else:
            return redirect(reverse("accounts:profile") + "#keys")
    return _profile_page(request, form=ProfileForm(instance=request.user), making=making)


@login_required
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(request.user.keys, pk=pk)
    try:
        keys.revoke_key(key=key, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
    else:
        told = _("The key “%(name)s” opens nothing any more.") % {"name": key.name}
        messages.success(request, told, extra_tags="good")
    return redirect("accounts:profile")


@sensitive_post_parameters()
@never_cache
def first(request: HttpRequest) -> HttpResponse:
    """The first account of an empty site, for whoever holds the printed link."""
    given = request.POST.get("token") or request.GET.get("token", "")
    form = AccountForm(request.POST or None)
    try:
        services.check_first_token(given)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            user = services.create_first_account(
                token=given, email=data["email"], name=data["name"], password=data["password1"]
            )
            login(request, user, backend=services.BACKEND)
            told = _("Welcome. Begin with a cohort: the photographs to be read.")
            messages.success(request, told, extra_tags="good")
            return redirect("home")
    except Refused as refusal:
        return render(request, "accounts/refused.html", {"sentence": refusal.message}, status=refusal.status)
    return render(request, "accounts/first.html", {"form": form, "token": given})


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    _only_in_the_demo()
    return render(request, "accounts/demo.html", {"roles": services.DEMO_ROLES.values()})


@require_safe
@never_cache
def demo_sign_in(request: HttpRequest, role: str) -> HttpResponse:
    _only_in_the_demo()
    if role not in services.DEMO_ROLES:
        raise Http404(_("The demo has no such role."))
    login(request, services.demo_user(role), backend=services.BACKEND)
    return redirect("home")


def _only_in_the_demo() -> None:
    if not (settings.DEMO and settings.DEBUG):
        raise Http404(_("This site is not a demo."))
