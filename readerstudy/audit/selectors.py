"""Reading the audit log."""

from django.db.models import QuerySet

from readerstudy.audit.models import AuditEvent


def events_about(*targets: str, action: str = "", actor: str = "") -> QuerySet[AuditEvent]:
    """The events about any of ``targets`` ("study:7"), newest first; ``action`` and ``actor`` narrow them down."""
    events = AuditEvent.objects.filter(target__in=targets).order_by("-id")
    if action:
        events = events.filter(action=action)
    if actor:
        events = events.filter(actor__icontains=actor)
    return events


def actions_about(*targets: str) -> list[str]:
    """The kinds of event there are about ``targets``."""
    return sorted(AuditEvent.objects.filter(target__in=targets).order_by().values_list("action", flat=True).distinct())
