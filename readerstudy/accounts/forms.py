"""Forms of the accounts: signing in, the first account, the profile."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm

from readerstudy.accounts.models import AccessKey, User


def sign_in_name(request: object, credentials: dict[str, str] | None) -> str:
    """Under which name a failed sign-in is counted: however the address is written, it is the same account."""
    given = credentials or getattr(request, "POST", {})
    return (given.get("username") or given.get(User.USERNAME_FIELD) or "").strip().lower()


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The e-mail address or the password is not right.",
        "inactive": "This account has been switched off.",
        "simulated": "This is a simulated physician: nobody signs in as one.",
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget.attrs.update(autocomplete="username", inputmode="email")

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_simulated:
            raise forms.ValidationError(self.error_messages["simulated"], code="simulated")


class AccountForm(BaseUserCreationForm):
    """Name, e-mail address and a password twice, checked by the site's password rules."""

    class Meta:
        model = User
        fields = ("name", "email")
        labels = {"email": "E-mail address"}

    field_order = ["name", "email", "password1", "password2"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["password1"].help_text = "At least ten characters; a sentence is easy to remember."
        self.fields["password2"].label = "Password, once more"
        self.fields["password2"].help_text = ""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name",)


DAYS = [("30", "30 days from now"), ("365", "a year from now"), ("", "it is revoked, without an end")]


class KeyForm(forms.Form):
    """A key for scripts. The choices begin with the narrowest: nobody should write by oversight."""

    name = forms.CharField(label="What is it for?", max_length=60, help_text="For example: nightly export.")
    may = forms.ChoiceField(label="It may", choices=[("read", "only read"), ("write", "read and write")])
    role = forms.ChoiceField(label="In which role", required=False, help_text="A key never may more than you may.")
    days = forms.ChoiceField(label="Until", choices=DAYS, initial="30", required=False)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, prefix="key", **kwargs)
        held = set(user.memberships.values_list("role", flat=True))
        held |= {"coordinator"} if user.may_coordinate else set()
        held |= {"reader"} if user.readerships.filter(withdrawn_at__isnull=True).exists() else set()
        roles = [(value, f"{label} only") for value, label in AccessKey.Role.choices if value in held]
        self.fields["role"].choices = [*roles, ("", "every role of mine")]
        self.fields["role"].initial = self.fields["role"].choices[0][0]

    def wish(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "name": data["name"],
            "role": data["role"],
            "can_write": data["may"] == "write",
            "days": int(data["days"]) if data["days"] else None,
        }
