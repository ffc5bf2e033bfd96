"""Which language a person sees and is written to: the account's own, else the browser's, else the site's.

What a browser asks for is the choice it was given here (a cookie), else its ``Accept-Language``. Scripts with a key
have no session: they get what they ask for.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import PasswordResetForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from readerstudy.accounts.models import User

CHOSEN = "language"  # in the session: the account's own


class AccountLanguage:
    """Middleware: once signed in, the account's language counts, and the browser remembers it for after signing out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if chosen := request.session.get(CHOSEN):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        chosen = request.session.get(CHOSEN)  # signing in has just said it, perhaps
        if chosen and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != chosen:
            _remember(response, chosen)
        return response


def begin(*, request: HttpRequest, user: User, **_more: object) -> None:
    """Whoever signs in goes on in the account's language."""
    if is_known(user.language):
        request.session[CHOSEN] = user.language


def is_known(code: str) -> bool:
    return code in dict(settings.LANGUAGES)


@never_cache
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """From now on in this language: in this browser, and for an account wherever it signs in and in its mails."""
    answer, code = redirect(_way_back(request)), request.POST.get("language", "")
    if not is_known(code):
        messages.error(request, _("The site does not speak this language."), extra_tags="bad")
        return answer
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=code)
        request.session[CHOSEN] = code
    _remember(answer, code)
    return answer


def _way_back(request: HttpRequest) -> str:
    """The page on which it was chosen; home where that is none of ours."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if is_ours else "/"


def _remember(response: HttpResponseBase, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


def of(email: str) -> str:
    """In which language to write to ``email``: that of its account, else the site's."""
    chosen = User.objects.filter(email__iexact=email).values_list("language", flat=True).first() or ""
    return chosen if is_known(chosen) else settings.LANGUAGE_CODE


def in_language_of(receiver: Callable[..., str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@in_language_of(lambda invitation, **_: invitation.email)`` before a function that writes a mail."""

    def decorate(write: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(write)
        def written(*given: Any, **named: Any) -> Any:
            with translation.override(of(receiver(*given, **named))):
                return write(*given, **named)

        return written

    return decorate


class ResetForm(PasswordResetForm):
    """Mails the link for a new password in the account's language, whatever the browser asks for that wants it."""

    send_mail = in_language_of(lambda form, subject, body, context, sender, receiver, **_: receiver)(
        PasswordResetForm.send_mail
    )
