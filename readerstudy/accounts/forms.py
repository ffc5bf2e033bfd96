"""Forms of the accounts: signing in, the first account, the profile."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from readerstudy.accounts.models import AccessKey, User


def sign_in_name(request: object, credentials: dict[str, str] | None) -> str:
    """Under which name a failed sign-in is counted: however the address is written, it is the same account."""
    given = credentials or getattr(request, "POST", {})
    return (given.get("username") or given.get(User.USERNAME_FIELD) or "").strip().lower()


class SignInForm(LoginForm):
    """allauth's, under the field names that password managers and scripts know from here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "inputmode": "email", "autofocus": True}
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def add_prefix(self, field_name: str) -> str:
        return "username" if field_name == "login" else super().add_prefix(field_name)

    def clean_login(self) -> str:
        return super().clean_login().lower()

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.user and self.user.is_simulated:
            raise forms.ValidationError(_("This is a simulated physician: nobody signs in as one."), code="simulated")
        return data


class AccountForm(BaseUserCreationForm):
    """Name, e-mail address and a password twice, checked by the site's password rules."""

    class Meta:
        model = User
        fields = ("name", "email")
        labels = {"name": _("Name"), "email": _("E-mail address")}

    field_order = ["name", "email", "password1", "password2"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["password1"].help_text = _("At least ten characters; a sentence is easy to remember.")
        self.fields["password2"].label = _("Password, once more")
        self.fields["password2"].help_text = ""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": _("Name")}


DAYS = [("30", _("30 days from now")), ("365", _("a year from now")), ("", _("it is revoked, without an end"))]


class KeyForm(forms.Form):
    """A key for scripts. The choices begin with the narrowest: nobody should write by oversight."""

    name = forms.CharField(label=_("What is it for?"), max_length=60, help_text=_("For example: nightly export."))
    may = forms.ChoiceField(label=_("It may"), choices=[("read", _("only read")), ("write", _("read and write"))])
    role = forms.ChoiceField(
        label=_("In which role"), required=False, help_text=_("A key never may more than you may.")
    )
    days = forms.ChoiceField(label=_("Until"), choices=DAYS, initial="30", required=False)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, prefix="key", **kwargs)
        held = set(user.memberships.values_list("role", flat=True))
        held |= {"coordinator"} if user.may_coordinate else set()
        held |= {"reader"} if user.readerships.filter(withdrawn_at__isnull=True).exists() else set()
        roles = [
            (value, gettext("%(role)s only") % {"role": label})
            for value, label in AccessKey.Role.choices
            if value in held
        ]
        self.fields["role"].choices = [*roles, ("", _("every role of mine"))]
        self.fields["role"].initial = self.fields["role"].choices[0][0]

    def wish(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "name": data["name"],
            "role": data["role"],
            "can_write": data["may"] == "write",
            "days": int(data["days"]) if data["days"] else None,
        }
