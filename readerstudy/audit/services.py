"""Writing to the audit log and checking its chain."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from readerstudy.audit.models import AuditEvent, ChainHead

# One advisory lock for all writers on PostgreSQL; SQLite's IMMEDIATE transactions already stand in line.
CHAIN_LOCK = 730_016_344
MANY_NEW = 200  # so many entries behind the remembered head move it on


@transaction.atomic
def record(action: str, *, actor: object = "system", target: str = "", **detail: object) -> AuditEvent:
    """Append one event: ``record("study.opened", actor=user, target="study:7", cases=456)``.

    The log can never be changed, so it holds no name and no address: a person is "user:7", a reader "reader:3".
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = AuditEvent.objects.order_by("-id").values_list("digest", flat=True).first() or ""
    event = AuditEvent(
        at=timezone.now(),
        actor=_numbered(actor),
        action=action,
        target=target,
        detail=json.loads(json.dumps(detail, default=str)),
        previous_digest=last,
    )
    event.digest = digest_of(event)
    event.save(force_insert=True)
    return event


def _numbered(actor: object) -> str:
    meta = getattr(actor, "_meta", None)
    return f"{meta.model_name}:{actor.pk}" if meta else str(actor)  # type: ignore[attr-defined]


def digest_of(event: AuditEvent) -> str:
    """SHA-256 (hex) over the previous digest and the event's own content."""
    at = event.at.isoformat() if isinstance(event.at, datetime) else event.at
    content = [event.previous_digest, at, event.actor, event.action, event.target, event.detail]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def verify_chain() -> int | None:
    """The id of the first broken entry, or None when the whole chain is intact; the head is then remembered."""
    found = _walk(AuditEvent.objects.order_by("id"), previous="")
    if found.broken is None:
        _remember(found, entries=found.entries, whole=True)
    else:
        ChainHead.objects.all().delete()  # from now on every look walks the whole log, and finds it
    return found.broken


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """``broken``: the first broken entry among those looked at; ``whole_checked_at``: of the last look at all."""

    broken: int | None
    entries: int
    whole_checked_at: datetime | None


def check_new_entries() -> ChainState:
    """Whether the last verified entry still stands, and the chain from there on: quick however long the log is.

    A change among the entries before that one is found by :func:`verify_chain`, which walks them all.
    """
    head = ChainHead.objects.first()
    if head is None or not head.event:
        broken = verify_chain()
        now = timezone.now() if broken is None else None
        return ChainState(broken=broken, entries=AuditEvent.objects.count(), whole_checked_at=now)
    last = AuditEvent.objects.filter(pk=head.event).first()
    if last is None or last.digest != head.digest or digest_of(last) != head.digest:
        return ChainState(broken=head.event, entries=head.entries, whole_checked_at=head.whole_checked_at)
    found = _walk(AuditEvent.objects.filter(pk__gt=head.event).order_by("id"), previous=head.digest)
    entries = head.entries + found.entries
    if found.broken is None and found.entries >= MANY_NEW:
        _remember(found, entries=entries, whole=False)
    return ChainState(broken=found.broken, entries=entries, whole_checked_at=head.whole_checked_at)


@dataclass(frozen=True, kw_only=True)
class _Walk:
    broken: int | None
    entries: int
    event: int
    digest: str


def _walk(events: QuerySet[AuditEvent], *, previous: str) -> _Walk:
    entries, last = 0, 0
    for event in events.iterator():
        if event.previous_digest != previous or event.digest != digest_of(event):
            return _Walk(broken=event.pk, entries=entries, event=last, digest=previous)
        previous, last, entries = event.digest, event.pk, entries + 1
    return _Walk(broken=None, entries=entries, event=last, digest=previous)


def _remember(found: _Walk, *, entries: int, whole: bool) -> None:
    now = timezone.now()
    head = {"event": found.event, "digest": found.digest, "entries": entries, "checked_at": now}
    ChainHead.objects.update_or_create(pk=1, defaults=head | ({"whole_checked_at": now} if whole else {}))
