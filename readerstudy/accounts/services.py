"""Making accounts and changing them."""

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record
from readerstudy.refusal import Refused

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"  # of a session that begins without the sign-in page
FIRST_SALT = "readerstudy.accounts.first"
FIRST_MAX_AGE = 7 * 24 * 3600  # seconds; the launcher prints a fresh link at every start


@dataclass(frozen=True, kw_only=True)
class DemoRole:
    role: str
    label: str
    name: str
    task: str  # what this person does, in the demo's chooser


DEMO_ROLES = {
    "coordinator": DemoRole(
        role="coordinator",
        label=_("coordinator"),
        name=_("Demo Coordinator"),
        task=_("Imports the photographs, sets up the study, invites readers and watches their progress."),
    ),
    "investigator": DemoRole(
        role="investigator",
        label=_("investigator"),
        name=_("Demo Investigator"),
        task=_("Trains the model fold by fold and compares every reader with its ROC band."),
    ),
    "reader": DemoRole(
        role="reader",
        label=_("reader"),
        name=_("Demo Reader"),
        task=_("Sees each face for ten seconds and answers: genetic syndrome, or not."),
    ),
}


@transaction.atomic
def create_account(*, email: str, name: str, password: str | None, by: object = "system", **fields: bool) -> User:
    """A person who can sign in; without a password through the hospital only. A form has validated the password."""
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(
            gettext("There is an account for %(email)s already. Sign in with it.") % {"email": email}, status=409
        )
    user = User.objects.create_user(email, password, name=name, **fields)
    record("account.created", actor=by, target=f"user:{user.pk}")
    return user


def account_for(address: str, *, name: str) -> User | None:
    """Whose the address is that the hospital vouches for; made now where an invitation waits for it."""
    user = User.objects.filter(email__iexact=address).first()
    if user or not apps.get_app_config("studies").is_invited(address):  # a higher room: asked, never imported
        return user
    return create_account(email=address, name=(name or address)[:120], password=None, by="the hospital's sign-in")


def first_account_token() -> str:
    """A signed token for the first account of an empty site; empty once anybody is there."""
    return "" if User.objects.exists() else signing.dumps("first", salt=FIRST_SALT)


def first_account_link() -> str:
    """The address that makes the first account; empty once anybody is there."""
    token = first_account_token()
    return f"{settings.SITE_URL}{reverse('accounts:first')}?token={token}" if token else ""


def check_first_token(token: str) -> None:
    """Refuse unless the site is empty and the token is ours and fresh."""
    if User.objects.exists():
        raise Refused(gettext("This site has its first account already. Sign in, or ask its coordinator."), status=410)
    try:
        signing.loads(token, salt=FIRST_SALT, max_age=FIRST_MAX_AGE)
    except signing.BadSignature:  # covers expiry too
        raise Refused(
            gettext(
                "This link is not valid any more. Start the site again, or run `manage.py first_link`, for a new one."
            ),
            status=403,
        ) from None


@transaction.atomic
def create_first_account(*, token: str, email: str, name: str, password: str) -> User:
    """The first coordinator, who administers the site besides."""
    check_first_token(token)
    return create_account(
        email=email, name=name, password=password, may_coordinate=True, is_staff=True, is_superuser=True
    )


def demo_user(role: str) -> User:
    """The demo's person for ``role``: without a password, reachable by the one-click sign-in only."""
    if role not in DEMO_ROLES:
        raise Refused(f"The demo has no {role!r}.", status=404)
    user, is_new = User.objects.get_or_create(
        email=f"demo-{role}@demo.invalid",
        defaults={"name": str(DEMO_ROLES[role].name), "may_coordinate": role == "coordinator"},
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
