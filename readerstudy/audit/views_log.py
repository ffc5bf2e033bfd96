"""Who was sent which face. Written before the picture leaves: what cannot be written down is not sent."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from readerstudy.audit.export import defused
from readerstudy.audit.models import FaceView
from readerstudy.audit.selectors import Names, actors_like, within
from readerstudy.audit.services import record

QUARTER_S = 15 * 60
HEADER = ("at_utc", "who", "who_today", "case", "face", "picture", "door")


def note_view(*, who: object, face: str, subject: str, cohort: int, kind: str, is_api: bool = False) -> None:
    """One look-up, and one row where this person was not sent this face in this quarter of an hour yet."""
    now = timezone.now()
    same = {"who": f"user:{who.pk}", "face": face, "quarter": int(now.timestamp()) // QUARTER_S}  # type: ignore[attr-defined]
    if FaceView.objects.filter(**same).exists():
        return
    seen = FaceView(at=now, subject=subject, cohort=cohort, kind=kind, door="api" if is_api else "page", **same)
    FaceView.objects.bulk_create([seen], ignore_conflicts=True)  # two pictures of one face come side by side


def views_of(*, cohort: int, person: str = "", case: str = "", since: str = "", until: str = "") -> QuerySet[FaceView]:
    """Newest first; ``person``: part of a name, an address or the number; ``case``: part of the subject's code."""
    found = FaceView.objects.filter(cohort=cohort).order_by("-id")
    if person:
        found = found.filter(by_person(person))
    if case:
        found = found.filter(subject__icontains=case)
    return within(found, since=since, until=until)


def by_person(text: str) -> Q:
    return Q(who__iexact=text) | Q(who__in=actors_like(text))


def csv_lines(views: Iterable[FaceView]) -> Iterator[str]:
    """With a byte-order mark; ``who_today`` is how the person is called now."""
    names, writer = Names(), csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(HEADER)
    for view in views:
        text = [view.who, names[view.who], view.subject, view.face, view.kind, view.door]
        yield writer.writerow([view.at.isoformat(), *map(defused, text)])


class _Echo:
    def write(self, line: str) -> str:
        return line


@transaction.atomic
def forget_views(*, now: datetime | None = None) -> int:
    """Delete what is older than ``FACE_VIEW_DAYS``; how many rows went is written down in the audit log."""
    oldest = (now or timezone.now()) - timedelta(days=settings.FACE_VIEW_DAYS)
    gone, _ = FaceView.objects.filter(at__lt=oldest).delete()
    if gone:
        record("face_views.forgotten", target="site", rows=gone, before=oldest.date().isoformat())
    return gone
