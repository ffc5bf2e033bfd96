"""The second step, and passkeys: adding, naming, removing, signing in.

A passkey replaces password and second step, so the device has to ask for the person.
"""

import logging
import struct
from collections.abc import Callable
from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from readerstudy.accounts.factors import factors_of

log = logging.getLogger(__name__)


class AddForm(AddWebAuthnForm):
    """Only what can open the account by itself is taken: kept in the device, behind its PIN, finger or face."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("By which you will know it again, for example: my telephone.")
        self.fields["name"].widget.attrs.update(maxlength=60, autocomplete="off")

    def clean(self) -> dict[str, Any]:
        return answered(super().clean)


class SecondStepForm(AuthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return answered(super().clean_credential)


class SignInForm(LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        return answered(super().clean_credential)


class AgainForm(ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return answered(super().clean_credential)


def answered(check: Callable[[], Any]) -> Any:
    """What ``check`` says of a device's answer; a sentence too where the library trips over what no browser sends."""
    try:
        return check()
    except forms.ValidationError as error:
        if error.code != "incorrect_code":
            raise
    except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        log.info("A passkey's answer could not be read: %s", error)
    raise forms.ValidationError(_("This passkey does not open an account here. Try another one."))


class SecondStep(AuthenticateView):
    template_name = "accounts/second_step.html"
    webauthn_form_class = SecondStepForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has_passkey = bool(factors_of(self.stage.login.user)["passkeys"])
        return {**super().get_context_data(**kwargs), "has_passkey": has_passkey}


class Add(passkeys.AddWebAuthnView):
    form_class = AddForm
    template_name = "accounts/passkey_add.html"


class SignIn(passkeys.LoginWebAuthnView):
    form_class = SignInForm


class Again(passkeys.ReauthenticateWebAuthnView):
    form_class = AgainForm
    template_name = "accounts/again.html"


class Rename(passkeys.EditWebAuthnView):
    template_name = "accounts/passkey_name.html"


class Remove(passkeys.RemoveWebAuthnView):
    template_name = "accounts/passkey_remove.html"
