"""Forms of the accounts: signing in, the first account, the profile."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm

from readerstudy.accounts.models import User


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
