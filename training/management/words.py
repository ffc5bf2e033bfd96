"""What the commands of the training room read in the same way: key=value, and in whose name they work."""

from django.core.management.base import CommandError

from readerstudy.accounts.models import User
from readerstudy.studies.access import INVESTIGATOR
from readerstudy.studies.models import Cohort


def cohort_named(name: str) -> Cohort:
    """The cohort of that name; else an error with the names there are."""
    cohort = Cohort.objects.filter(name=name).first()
    if cohort is None:
        names = ", ".join(Cohort.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no cohort {name!r}. Cohorts: {names}.")
    return cohort


def owner(email: str, cohort: Cohort) -> User:
    """The named user; else the cohort's first investigator, else who made the cohort."""
    if email:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no user {email!r}.")
        return user
    investigators = User.objects.filter(memberships__study__cohort=cohort, memberships__role=INVESTIGATOR)
    return investigators.order_by("id").first() or cohort.created_by


def pair(text: str, *, option: str, example: str) -> tuple[str, str]:
    """The two sides of key=value."""
    key, sign, value = text.partition("=")
    if not sign:
        raise CommandError(f"{option} {text!r}: write key=value, for example {option} {example}.")
    return key.strip(), value.strip()
