"""Reading the audit log, and calling its numbered people by name as long as they have one."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from readerstudy.audit.models import AuditEvent

LONGEST = 18  # digits of a number that every database can look for


def events_about(*targets: str, action: str = "", actor: str = "") -> QuerySet[AuditEvent]:
    """The events about any of ``targets`` ("study:7"), newest first; ``action`` and ``actor`` narrow them down.

    ``actor`` is a part of an e-mail address, of a name, of a reader's code, or of what the log itself holds.
    """
    return narrowed(AuditEvent.objects.filter(target__in=targets).order_by("-id"), action=action, actor=actor)


def narrowed(events: QuerySet[AuditEvent], *, action: str = "", actor: str = "") -> QuerySet[AuditEvent]:
    """Those of one action, and those of the people whom ``actor`` may mean."""
    if action:
        events = events.filter(action=action)
    if actor:
        events = events.filter(by_actor(actor))
    return events


def by_actor(text: str) -> Q:
    """Entries of the people whom ``text`` may mean."""
    return Q(actor__icontains=text) | Q(actor__in=actors_like(text))


def within(events: QuerySet, *, since: str = "", until: str = "") -> QuerySet:
    """Of the days from ``since`` to ``until`` (2027-03-31), both with; what is no date bounds nothing."""
    first, last = _day(since), _day(until)
    if first:
        events = events.filter(at__gte=first)
    return events.filter(at__lt=last + timedelta(days=1)) if last else events


def _day(text: str) -> datetime | None:
    """Its midnight in the site's time zone."""
    try:
        found = parse_date(text)
    except ValueError:  # looks like a date, as 2027-02-31 does
        return None
    return timezone.make_aware(datetime.combine(found, time.min)) if found else None


def day_of(text: str) -> tuple[datetime | None, datetime | None]:
    """When that day begins and when the next one does; None for what is no day."""
    first = _day(text)
    return first, first and first + timedelta(days=1)


def actions_about(*targets: str) -> list[str]:
    """The kinds of event there are about ``targets``."""
    return sorted(AuditEvent.objects.filter(target__in=targets).order_by().values_list("action", flat=True).distinct())


def actors_like(text: str) -> list[str]:
    """Accounts and readers, as the log numbers them, whose name, address or code holds ``text``."""
    users = get_user_model().objects.filter(Q(email__icontains=text) | Q(name__icontains=text))
    readers = apps.get_model("studies", "Reader").objects.filter(code__icontains=text)
    return [f"user:{pk}" for pk in users.values_list("pk", flat=True)] + [
        f"reader:{pk}" for pk in readers.values_list("pk", flat=True)
    ]


class Names(dict[str, str]):
    """``Names()["user:7"]``: how people call whom the log numbers; looked up once each, and the number if gone."""

    def __missing__(self, numbered: str) -> str:
        kind, _, pk = numbered.partition(":")
        is_number = pk.isascii() and pk.isdigit() and len(pk) <= LONGEST
        found = _called(kind, int(pk)) if is_number else ""
        self[numbered] = found or numbered
        return self[numbered]


def _called(kind: str, pk: int) -> str:
    if kind == "user":
        return get_user_model().objects.filter(pk=pk).values_list("email", flat=True).first() or ""
    if kind == "reader":
        return apps.get_model("studies", "Reader").objects.filter(pk=pk).values_list("code", flat=True).first() or ""
    return ""


def named(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """The events with ``who`` and ``details`` for a page, people called by name."""
    names, found = Names(), list(events)
    for event in found:
        event.who = names[event.actor]
        event.details = [
            (name, names[value] if isinstance(value, str) else value) for name, value in event.detail.items()
        ]
    return found
