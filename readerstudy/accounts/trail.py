"""The way to the audit log. That room is a neighbour, so it is asked through Django's registry, never imported."""

from typing import Any

from django.apps import apps


def record(action: str, *, actor: object, target: str, **detail: Any) -> None:
    """``record("account.created", actor=user, target="user:7")``"""
    apps.get_app_config("audit").record(action, actor=actor, target=target, **detail)


def signed_out(*, user: Any, **_: object) -> None:
    """By oneself; the end of a session that nobody used is written down as such."""
    if user is not None and user.is_authenticated:
        record("account.signed_out", actor=user, target=f"user:{user.pk}")
