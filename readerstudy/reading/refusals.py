"""Refusals that must leave a trace although the transaction that met them is rolled back."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone

from readerstudy.reading.models import Incident, Trial
from readerstudy.refusal import Refused

P = ParamSpec("P")
R = TypeVar("R")


class RefusedWithIncident(Refused):
    """``raise RefusedWithIncident("This face was shown already.", trial=trial, kind="second-look-refused")``"""

    def __init__(
        self,
        message: str,
        *,
        trial: Trial,
        kind: str,
        status: int = 409,
        forfeits: bool = False,
        **detail: object,
    ) -> None:
        super().__init__(message, status=status)
        self.trial, self.kind, self.detail, self.forfeits = trial, kind, detail, forfeits


def keeps_incidents(service: Callable[P, R]) -> Callable[P, R]:
    """Run ``service`` in one transaction; when it refuses with an incident, write that in a second one."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic():
                return service(*args, **kwargs)
        except RefusedWithIncident as refusal:
            now = kwargs.get("now") or timezone.now()
            with transaction.atomic():
                Incident.objects.create(
                    session_id=refusal.trial.session_id,
                    trial=refusal.trial,
                    kind=refusal.kind,
                    detail=refusal.detail,
                    at=now,
                )
                if refusal.forfeits:
                    Trial.objects.filter(pk=refusal.trial.pk, forfeited_at=None).update(forfeited_at=now)
            raise

    return run
