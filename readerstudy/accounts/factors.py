"""The second step at sign-in and the passkeys of an account: what is there, what is written down, and the lost ones."""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.dispatch import receiver

from readerstudy.accounts.models import User
from readerstudy.accounts.trail import record

KINDS = {"totp": "totp", "webauthn": "passkey", "recovery_codes": "recovery codes"}


def factors_of(user: User) -> dict[str, Any]:
    """For the page of the account: the app, the passkeys, and how many recovery codes are left."""
    found = list(Authenticator.objects.filter(user=user).order_by("pk"))
    of = {kind: [one for one in found if one.type == kind] for kind in KINDS}
    codes = of["recovery_codes"]
    return {
        "totp": of["totp"][0] if of["totp"] else None,
        "passkeys": of["webauthn"],
        "codes": codes[0] if codes else None,
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
    }


def has_factor(user: User) -> bool:
    """Recovery codes alone are none: they stand in for a factor that was lost."""
    return Authenticator.objects.filter(user=user, type__in=["totp", "webauthn"]).exists()


@transaction.atomic
def forget_factors(user: User) -> int:
    """Remove all of them, for somebody who lost them: the password alone opens the account again."""
    number = Authenticator.objects.filter(user=user).delete()[0]
    record("account.factors_reset", actor="system", target=f"user:{user.pk}", removed=number)
    return number


@receiver(signals.authenticator_added, dispatch_uid="a factor is added")
def _added(*, user: User, authenticator: Authenticator, **_: object) -> None:
    record("account.factor_added", actor=user, target=f"user:{user.pk}", kind=KINDS[authenticator.type])


@receiver(signals.authenticator_removed, dispatch_uid="a factor is removed")
def _removed(*, user: User, authenticator: Authenticator, **_: object) -> None:
    record("account.factor_removed", actor=user, target=f"user:{user.pk}", kind=KINDS[authenticator.type])


@receiver(signals.authenticator_reset, dispatch_uid="recovery codes are made anew")
def _renewed(*, user: User, authenticator: Authenticator, **_: object) -> None:
    record("account.factor_renewed", actor=user, target=f"user:{user.pk}", kind=KINDS[authenticator.type])
