"""Is everything in order? For coordinators, in plain words: what is under way, what stands still, what to do.

Counts of the whole site and nothing else: no name, no study, no path, no address, no score.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Min, QuerySet, Sum
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from readerstudy import stored
from readerstudy.operations.doctor import BACKUP_LOOK, BAD, LOOK, OK, QUEUES, ROOM_BAD, ROOM_LOOK, STATES, served_queues
from readerstudy.sealed import SealTrouble, newest

STILL = timedelta(minutes=5)  # without a sign of life; the site sends such work again by itself
SECONDS = 1.0  # that the page waits for workers to answer
LIVE = ["queued", "running"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing and how it is; ``advice`` where somebody has to do something."""

    subject: str
    state: str
    says: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """``state`` is that of the worst line."""

    state: str
    at: datetime
    lines: list[Line]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def look() -> Status:
    """All lines. One that cannot be made is itself a line."""
    queue = _Queue.ask()
    looks: list[tuple[str, Callable[[], Iterator[Line]]]] = [
        (_("Readings"), _readings),
        (_("Queue"), lambda: _queue(queue)),
        (_("Workers"), lambda: _workers(queue)),
        (_("Imports"), _imports),
        (_("Faces"), _faces),
        (_("Trainings"), _trainings),
        (_("Comparisons"), _comparisons),
        (_("Photographs"), _photographs),
        (pgettext("on a disk", "Room"), _room),
        (_("Backup"), _backup),
    ]
    lines = [line for subject, one in looks for line in _tried(subject, one)]
    worst = max((line.state for line in lines), key=STATES.index)
    return Status(state=worst, at=timezone.now(), lines=lines)


def _tried(subject: str, one: Callable[[], Iterator[Line]]) -> list[Line]:
    try:
        return list(one())
    except Exception as problem:
        advice = _(
            "Tell whoever runs the server: this could not be looked at (%(problem)s); manage.py doctor says more."
        ) % {"problem": type(problem).__name__}
        return [Line(subject=subject, state=BAD, says=_("This could not be looked at."), advice=advice)]


@dataclass(frozen=True, kw_only=True)
class _Queue:
    """``waiting`` and ``served`` by queue; ``is_there`` false: nobody answers, and nothing more is known."""

    is_there: bool
    waiting: dict[str, int]
    served: dict[str, list[str]]

    @classmethod
    def ask(cls) -> "_Queue":
        from readerstudy.celery import app

        try:
            with app.connection_for_write() as link:
                link.ensure_connection(max_retries=1, timeout=2)
                waiting = {name: int(link.default_channel.client.llen(name)) for name in QUEUES}
            return cls(is_there=True, waiting=waiting, served=served_queues(timeout=SECONDS))
        except Exception:  # whatever it is, the words for it are the same
            return cls(is_there=False, waiting={}, served={})


def _rows(model: str) -> QuerySet:
    return apps.get_model(model)._base_manager.order_by()


def _readings() -> Iterator[Line]:
    live = {"started_at__isnull": False, "finished_at": None, "withdrawn_at": None, "is_practice": False}
    running = _rows("reading.ReadingSession").filter(**live).count()
    calls = _rows("reading.Call").filter(received_at__gte=timezone.now() - STILL).count()
    begun = ngettext("%(n)d reading begun and not done", "%(n)d readings begun and not done", running) % {"n": running}
    answers = ngettext("%(n)d answer in the last five minutes", "%(n)d answers in the last five minutes", calls)
    says = _("%(begun)s; %(answers)s.") % {
        "begun": begun if running else _("No readings begun and not done"),
        "answers": answers % {"n": calls} if calls else _("no answers in the last five minutes"),
    }
    yield Line(subject=_("Readings"), state=OK, says=says)


def _queue(queue: _Queue) -> Iterator[Line]:
    if not queue.is_there:
        says = _(
            "The queue does not answer. Reading goes on and nothing is lost; imports, analyses and trainings wait."
        )
        advice = _("Tell whoever runs the server: Redis has to be started.")
        yield Line(subject=_("Queue"), state=BAD, says=says, advice=advice)
        return
    total = sum(queue.waiting.values())
    says = ngettext("%(n)d task in line.", "%(n)d tasks in line.", total) % {"n": total}
    yield Line(subject=_("Queue"), state=OK, says=says if total else _("The queue answers; nothing stands in line."))


@dataclass(frozen=True, kw_only=True)
class _Service:
    """What serves a queue: how it is called, and what is said of it."""

    queue: str
    subject: str
    absent: str
    advice: str


SERVICES = (
    _Service(
        queue="work",
        subject=gettext_lazy("Workers"),
        absent=gettext_lazy("No worker answers: imports, faces and analyses wait."),
        advice=gettext_lazy("Tell whoever runs the server: the service “worker” has to be started."),
    ),
    _Service(
        queue="train",
        subject=gettext_lazy("Trainers"),
        absent=gettext_lazy("No trainer answers: trainings wait."),
        advice=gettext_lazy("Tell whoever runs the server: the service “trainer” has to be started."),
    ),
)


def _present(queue: str, n: int) -> str:
    if queue == "train":
        return ngettext("%(n)d trainer for trainings.", "%(n)d trainers for trainings.", n) % {"n": n}
    return ngettext(
        "%(n)d worker for imports, faces and analyses.", "%(n)d workers for imports, faces and analyses.", n
    ) % {"n": n}


def _workers(queue: _Queue) -> Iterator[Line]:
    if not queue.is_there:
        yield Line(subject=_("Workers"), state=LOOK, says=_("Not asked, because the queue does not answer."))
        return
    for one in SERVICES:
        subject = str(one.subject)
        if there := queue.served.get(one.queue):
            yield Line(subject=subject, state=OK, says=_present(one.queue, len(there)))
        else:
            yield Line(subject=subject, state=BAD, says=str(one.absent), advice=str(one.advice))


def _still(rows: QuerySet, field: str = "heartbeat_at") -> str:
    """How long the slowest of ``rows`` has given no sign of life, if that is long."""
    last = rows.aggregate(last=Min(field))["last"]
    return timesince(last, timezone.now()) if last and timezone.now() - last > STILL else ""


def _under_way(subject: str, says: str, still: str) -> Line:
    if not still:
        return Line(subject=subject, state=OK, says=says)
    advice = _("It is sent again by itself. If this stays, tell whoever runs the server: see the worker's log.")
    says = _("%(says)s Nothing has moved for %(time)s.") % {"says": says, "time": still}
    return Line(subject=subject, state=LOOK, says=says, advice=advice)


def _imports() -> Iterator[Line]:
    live = _rows("studies.ImportBatch").filter(status__in=LIVE)
    if n := live.count():
        sums = live.aggregate(done=Sum("done"), total=Sum("total"))
        says = ngettext(
            "%(n)d import under way: %(done)s of %(total)s photos looked at.",
            "%(n)d imports under way: %(done)s of %(total)s photos looked at.",
            n,
        ) % {"n": n, "done": sums["done"], "total": sums["total"] or "?"}
        yield _under_way(_("Imports"), says, _still(live))
    else:
        yield Line(subject=_("Imports"), state=OK, says=_("No import is under way."))
    if waits := _rows("studies.ImportBatch").filter(status="checked").count():
        says = ngettext(
            "%(n)d import has been checked and not yet been taken.",
            "%(n)d imports have been checked and not yet been taken.",
            waits,
        ) % {"n": waits}
        advice = _("Whoever sent the photos says yes or no on the cohort's page; until then nothing is stored.")
        yield Line(subject=_("Imports"), state=OK, says=says, advice=advice)


def _faces() -> Iterator[Line]:
    waiting = _rows("studies.Photo").filter(status="imported")
    if not (n := waiting.count()):
        yield Line(subject=_("Faces"), state=OK, says=_("No photo waits for the face finder."))
        return
    says = ngettext("%(n)d photo waits for the face finder.", "%(n)d photos wait for the face finder.", n) % {"n": n}
    long = waiting.filter(face_queued_at__lt=timezone.now() - timedelta(hours=1))
    yield _under_way(_("Faces"), says, _still(long, "face_queued_at"))


def _trainings() -> Iterator[Line]:
    live = _rows("training.TrainingRun").filter(state__in=LIVE)
    if not (n := live.count()):
        yield Line(subject=_("Trainings"), state=OK, says=_("No training is under way."))
        return
    folds = _rows("training.Fold").filter(run__in=live)
    done, running = folds.filter(state="finished").count(), folds.filter(state="running")
    says = ngettext(
        "%(n)d training under way: %(done)d of %(folds)d folds done.",
        "%(n)d trainings under way: %(done)d of %(folds)d folds done.",
        n,
    ) % {"n": n, "done": done, "folds": folds.count()}
    yield _under_way(_("Trainings"), says, _still(running))


def _comparisons() -> Iterator[Line]:
    live = _rows("screening.ComparisonJob").filter(state__in=LIVE)
    if n := live.count():
        says = ngettext("%(n)d comparison being computed.", "%(n)d comparisons being computed.", n) % {"n": n}
        yield _under_way(_("Comparisons"), says, _still(live))
    else:
        yield Line(subject=_("Comparisons"), state=OK, says=_("No comparison is being computed."))


def _photographs() -> Iterator[Line]:
    yield from _seal()
    if stored.is_folder():
        return
    try:
        default_storage.exists("status")
    except OSError:
        says = _("The store of the photographs does not answer: no face can be shown or imported.")
        advice = _("Tell whoever runs the server: see the bucket of S3_BUCKET.")
        yield Line(subject=_("Photographs"), state=BAD, says=says, advice=advice)
    else:
        yield Line(subject=_("Photographs"), state=OK, says=_("The store of the photographs answers."))


def _seal() -> Iterator[Line]:
    try:
        is_sealed = newest() is not None
    except SealTrouble:
        says = _("The keys of the photographs cannot be read: no sealed face can be shown, and none imported.")
        advice = _("Tell whoever runs the server: see PHOTO_KEYS_FILE.")
        yield Line(subject=_("Seal"), state=BAD, says=says, advice=advice)
        return
    sealed = _("Photographs are sealed when they are stored.")
    says = sealed if is_sealed else _("Photographs are stored unsealed; the disk has to be encrypted.")
    yield Line(subject=_("Seal"), state=OK, says=says)


def _room() -> Iterator[Line]:
    free = shutil.disk_usage(Path(settings.DATA_DIR)).free / 1e9
    state = BAD if free < ROOM_BAD else LOOK if free < ROOM_LOOK else OK
    advice = _("Tell whoever runs the server: make room, before imports and trainings fail.")
    says = _("%(free)s GB are left on the disk.") % {"free": f"{free:,.1f}"}
    yield Line(subject=pgettext("on a disk", "Room"), state=state, says=says, advice="" if state == OK else advice)


def _backup() -> Iterator[Line]:
    last = _rows("audit.AuditEvent").filter(action="site.backed_up").order_by("-id").first()
    if last is None:
        advice = _("Tell whoever runs the server: a nightly backup has to be set up.")
        yield Line(subject=_("Backup"), state=LOOK, says=_("No backup was ever made."), advice=advice)
        return
    is_old = timezone.now() - last.at > BACKUP_LOOK
    advice = _("Tell whoever runs the server: is the nightly backup running?") if is_old else ""
    says = _("The last backup is %(age)s old.") % {"age": timesince(last.at, timezone.now())}
    yield Line(subject=_("Backup"), state=LOOK if is_old else OK, says=says, advice=advice)
