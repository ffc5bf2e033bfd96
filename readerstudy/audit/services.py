"""Writing to the audit log and checking its chain."""

import hashlib
import json
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from readerstudy.audit.models import AuditEvent

# One advisory lock for all writers on PostgreSQL; SQLite's IMMEDIATE transactions already stand in line.
CHAIN_LOCK = 730_016_344


@transaction.atomic
def record(action: str, *, actor: object = "system", target: str = "", **detail: object) -> AuditEvent:
    """Append one event: ``record("study.opened", actor=user, target="study:7", cases=456)``."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = AuditEvent.objects.order_by("-id").values_list("digest", flat=True).first() or ""
    event = AuditEvent(
        at=timezone.now(),
        actor=getattr(actor, "email", None) or str(actor),
        action=action,
        target=target,
        detail=json.loads(json.dumps(detail, default=str)),
        previous_digest=last,
    )
    event.digest = digest_of(event)
    event.save(force_insert=True)
    return event


def digest_of(event: AuditEvent) -> str:
    """SHA-256 (hex) over the previous digest and the event's own content."""
    at = event.at.isoformat() if isinstance(event.at, datetime) else event.at
    content = [event.previous_digest, at, event.actor, event.action, event.target, event.detail]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verify_chain() -> int | None:
    """The id of the first broken entry, or None when the chain is intact."""
    previous = ""
    for event in AuditEvent.objects.order_by("id").iterator():
        if event.previous_digest != previous or event.digest != digest_of(event):
            return event.pk
        previous = event.digest
    return None
