"""Signing in and out, the profile, the first account, and the demo's one-click sign-in."""

from axes.utils import reset as unlock
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from readerstudy.accounts import idle, keys, services
from readerstudy.accounts.forms import AccountForm, KeyForm, ProfileForm, SignInForm
from readerstudy.accounts.language import ResetForm
from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record
from readerstudy.refusal import Refused

NEW_KEY = "new_key"  # in the session, from the making of a key to the page that shows it
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
        messages.success(request, "Your name is saved.", extra_tags="good")
        return redirect("accounts:profile")
    return _profile_page(request, form=form, making=KeyForm(user=request.user))


def _profile_page(request: HttpRequest, *, form: ProfileForm, making: KeyForm) -> HttpResponse:
    page = {
        "form": form,
        "making": making,
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
        messages.success(request, "Your password is changed. Other devices are signed out.", extra_tags="good")
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
        messages.success(self.request, "Your new password is set: sign in with it.", extra_tags="good")
        return super().form_valid(form)


@login_required
@require_POST
def new_key(request: HttpRequest) -> HttpResponse:
    making = KeyForm(request.POST, user=request.user)
    if making.is_valid():
        try:
            _, request.session[NEW_KEY] = keys.make_key(user=request.user, **making.wish())
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
        messages.success(request, f"The key “{key.name}” opens nothing any more.", extra_tags="good")
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
