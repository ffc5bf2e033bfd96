"""The way to the audit log. That room is a neighbour, so it is asked through Django's registry, never imported."""

from typing import Any

from django.apps import apps


def record(action: str, *, actor: object, target: str, **detail: Any) -> None:
    """``record("account.created", actor=user, target="user:7")``"""
    apps.get_app_config("audit").record(action, actor=actor, target=target, **detail)
