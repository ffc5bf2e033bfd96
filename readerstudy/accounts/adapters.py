"""Where django-allauth asks how this site wants it: who may come in, what is told, what is written down."""

import logging
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from readerstudy.accounts import factor_secrets, services
from readerstudy.accounts.language import in_language_of
from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record

log = logging.getLogger(__name__)
TAGS = {messages.SUCCESS: "good", messages.WARNING: "warn", messages.ERROR: "bad"}
# What has happened to the account, told by mail to its owner, who may not have done it.
CHANGES = {
    "mfa/email/totp_activated": _("An authenticator app was added: from now on a code is asked for at sign-in."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made; the old ones are void."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was removed."),
}


class Accounts(DefaultAccountAdapter):
    """Nobody registers; django-axes counts wrong passwords; every sign-in is written down."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "incorrect_password": _("The password is not right."),
        "too_many_login_attempts": _("Too many wrong codes. Wait five minutes and try again."),
        "rate_limited": _("Too many tries. Wait a minute and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """No counting here: django-axes does it by account and address, so that nobody can lock another one out."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user = User.objects.filter(email__iexact=credentials.get("email") or "").first()
        if user and not getattr(request, "axes_locked_out", False):
            record("account.sign_in_failed", actor="anonymous", target=f"user:{user.pk}")

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Whatever the way in, an account that is switched off or played by a program stays outside."""
        if not user.is_active:
            return refuse(request, gettext("This account has been switched off."))
        if user.is_simulated:
            return refuse(request, gettext("This is a simulated physician: nobody signs in as one."))
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        record("account.signed_in", actor=user, target=f"user:{user.pk}", how=ways_in(request, user))
        return super().post_login(request, user, **kwargs)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        super().add_message(request, level, *args, **{"extra_tags": TAGS.get(level, ""), **kwargs})

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        if template_prefix in CHANGES:
            mail_change(user, CHANGES[template_prefix])


class Factors(DefaultMFAAdapter):
    """Second factors and passkeys."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or was used already. Wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        return factor_secrets.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factor_secrets.unsealed(encrypted_text)

    def build_totp_svg(self, url: str) -> SafeString:
        drawn = segno.make(url, error="m", micro=False).svg_inline(scale=5, border=2, omitsize=False)
        return mark_safe(drawn)  # noqa: S308 - segno's own markup

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "readerstudy"}


class Hospital(DefaultSocialAccountAdapter):
    """The hospital's own sign-in opens accounts that are here, or that an invitation waits for; it makes no others."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        address = verified_address(sociallogin)
        if not address:
            raise refused(
                request, gettext("The hospital did not say that your e-mail address is verified: ask your coordinator.")
            )
        user = services.account_for(address, name=name_in(sociallogin.account.extra_data))
        if user is None:
            sentence = gettext("There is no account and no invitation for %(address)s here: ask your coordinator.")
            raise refused(request, sentence % {"address": address})
        sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        log.warning("The hospital's sign-in failed: %s", kwargs.get("error") or kwargs.get("exception"))
        sentence = gettext("%(name)s did not answer as it should. Try again, or sign in with your password.")
        raise refused(request, sentence % {"name": settings.OIDC_NAME})


def refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "accounts/not_in.html", {"sentence": sentence}, status=403)


def refused(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(refuse(request, sentence))


def verified_address(sociallogin: Any) -> str:
    """The address that the hospital vouches for; none if it does not."""
    for address in sociallogin.email_addresses:
        if address.verified or settings.OIDC_TRUST_EMAIL:
            return address.email.lower()
    return ""


def name_in(told: dict[str, Any]) -> str:
    """How the hospital calls the person; what it tells comes in one or two parts."""
    parts = [part for part in (told.get("userinfo"), told.get("id_token"), told) if part]
    return next((part["name"] for part in parts if part.get("name")), "")


def ways_in(request: HttpRequest, user: User) -> list[str]:
    """By what somebody has just signed in, for example ``["password", "totp"]``."""
    ways: list[str] = []
    for one in get_authentication_records(request, user):
        is_first = one["method"] != "mfa" or one.get("passwordless")
        way = one.get("type") or one["method"]
        way = {"webauthn": "passkey", "socialaccount": "oidc"}.get(way, way)
        ways = [way] if is_first else [*ways, way]
    return ways


@in_language_of(lambda user, change: user.email)
def mail_change(user: User, change: str | Promise) -> None:
    """A mail server that is away must not undo what was done."""
    words = {"user": user, "change": change, "site_url": settings.SITE_URL}
    try:
        send_mail(
            subject=gettext("A change to your account on readerstudy"),
            message=render_to_string("accounts/mail/changed.txt", words),
            from_email=None,
            recipient_list=[user.email],
        )
    except OSError as error:  # SMTPException is one of these
        log.warning("The change to account %s could not be mailed: %s", user.pk, error)
