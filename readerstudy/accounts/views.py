"""Signing in and out, the profile, the first account, and the demo's one-click sign-in."""

from axes.utils import reset as unlock
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from readerstudy.accounts import services
from readerstudy.accounts.forms import AccountForm, ProfileForm, SignInForm
from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record
from readerstudy.refusal import Refused

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(site_is_empty=not User.objects.exists(), **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        record("account.signed_in", actor=form.get_user(), target=f"user:{form.get_user().pk}")
        return super().form_valid(form)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.", extra_tags="good")
        return redirect("accounts:profile")
    key = request.session.pop("new_token", "")
    return render(request, "accounts/profile.html", {"form": form, "key": key})


@sensitive_post_parameters()
@login_required
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        record("account.password_changed", actor=request.user, target=f"user:{request.user.pk}")
        messages.success(request, "Your password is changed. Other devices are signed out.", extra_tags="good")
        return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"form": form})


class PasswordReset(PasswordResetView):
    """Mails a link; says the same whether or not the address has an account."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/mail/reset.txt"
    subject_template_name = "accounts/mail/reset_subject.txt"
    success_url = reverse_lazy("accounts:password_reset_done")
    extra_email_context = {"site_url": settings.SITE_URL}


class PasswordResetConfirm(PasswordResetConfirmView):
    template_name = "accounts/reset_confirm.html"
    success_url = reverse_lazy("accounts:sign_in")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        record("account.password_reset", actor=self.user, target=f"user:{self.user.pk}")
        unlock(username=self.user.email.lower())
        messages.success(self.request, "Your new password is set: sign in with it.", extra_tags="good")
        return super().form_valid(form)


@login_required
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    request.session["new_token"] = services.renew_token(user=request.user)
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
            login(request, user, backend=BACKEND)
            messages.success(request, "Welcome. Begin with a cohort: the photographs to be read.", extra_tags="good")
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
        raise Http404("The demo has no such role.")
    login(request, services.demo_user(role), backend=BACKEND)
    return redirect("home")


def _only_in_the_demo() -> None:
    if not (settings.DEMO and settings.DEBUG):
        raise Http404("This site is not a demo.")
