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

from readerstudy import stored
from readerstudy.operations.doctor import BACKUP_LOOK, BAD, LOOK, OK, QUEUES, ROOM_BAD, ROOM_LOOK, STATES, served_queues
from readerstudy.sealed import SealTrouble, newest

STILL = timedelta(minutes=5)  # without a sign of life; the site sends such work again by itself
SECONDS = 1.0  # that the page waits for workers to answer
TO_IT = "Tell whoever runs the server: {}"
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
        ("Readings", _readings),
        ("Queue", lambda: _queue(queue)),
        ("Workers", lambda: _workers(queue)),
        ("Imports", _imports),
        ("Faces", _faces),
        ("Trainings", _trainings),
        ("Comparisons", _comparisons),
        ("Photographs", _photographs),
        ("Room", _room),
        ("Backup", _backup),
    ]
    lines = [line for subject, one in looks for line in _tried(subject, one)]
    worst = max((line.state for line in lines), key=STATES.index)
    return Status(state=worst, at=timezone.now(), lines=lines)


def _tried(subject: str, one: Callable[[], Iterator[Line]]) -> list[Line]:
    try:
        return list(one())
    except Exception as problem:
        advice = TO_IT.format(f"this could not be looked at ({type(problem).__name__}); manage.py doctor says more.")
        return [Line(subject=subject, state=BAD, says="This could not be looked at.", advice=advice)]


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


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number or 'no'} {many or one + 's'}"


def _readings() -> Iterator[Line]:
    live = {"started_at__isnull": False, "finished_at": None, "withdrawn_at": None, "is_practice": False}
    running = _rows("reading.ReadingSession").filter(**live).count()
    calls = _rows("reading.Call").filter(received_at__gte=timezone.now() - STILL).count()
    says = f"{_counted(running, 'reading')} begun and not done; {_counted(calls, 'answer')} in the last five minutes."
    yield Line(subject="Readings", state=OK, says=says[0].upper() + says[1:])


def _queue(queue: _Queue) -> Iterator[Line]:
    if not queue.is_there:
        says = "The queue does not answer. Reading goes on and nothing is lost; imports, analyses and trainings wait."
        yield Line(subject="Queue", state=BAD, says=says, advice=TO_IT.format("Redis has to be started."))
        return
    total = sum(queue.waiting.values())
    says = f"{_counted(total, 'task')} in line." if total else "The queue answers; nothing stands in line."
    yield Line(subject="Queue", state=OK, says=says)


def _workers(queue: _Queue) -> Iterator[Line]:
    if not queue.is_there:
        yield Line(subject="Workers", state=LOOK, says="Not asked, because the queue does not answer.")
        return
    for name, subject, does, service in (
        ("work", "Workers", "imports, faces and analyses", "worker"),
        ("train", "Trainers", "trainings", "trainer"),
    ):
        if there := queue.served.get(name):
            yield Line(subject=subject, state=OK, says=f"{_counted(len(there), service)} for {does}.")
        else:
            advice = TO_IT.format(f"the service “{service}” has to be started.")
            yield Line(subject=subject, state=BAD, says=f"No {service} answers: {does} wait.", advice=advice)


def _still(rows: QuerySet, field: str = "heartbeat_at") -> str:
    """How long the slowest of ``rows`` has given no sign of life, if that is long."""
    last = rows.aggregate(last=Min(field))["last"]
    return timesince(last, timezone.now()) if last and timezone.now() - last > STILL else ""


def _under_way(subject: str, says: str, still: str) -> Line:
    if not still:
        return Line(subject=subject, state=OK, says=says)
    advice = "It is sent again by itself. If this stays, " + TO_IT.format("see the worker's log.").lower()
    return Line(subject=subject, state=LOOK, says=f"{says} Nothing has moved for {still}.", advice=advice)


def _imports() -> Iterator[Line]:
    live = _rows("studies.ImportBatch").filter(status__in=LIVE)
    if n := live.count():
        sums = live.aggregate(done=Sum("done"), total=Sum("total"))
        says = f"{_counted(n, 'import')} under way: {sums['done']} of {sums['total'] or '?'} photos looked at."
        yield _under_way("Imports", says, _still(live))
    else:
        yield Line(subject="Imports", state=OK, says="No import is under way.")
    if waits := _rows("studies.ImportBatch").filter(status="checked").count():
        says = f"{_counted(waits, 'import has', 'imports have')} been checked and not yet been taken."
        advice = "Whoever sent the photos says yes or no on the cohort's page; until then nothing is stored."
        yield Line(subject="Imports", state=OK, says=says, advice=advice)


def _faces() -> Iterator[Line]:
    waiting = _rows("studies.Photo").filter(status="imported")
    if not (n := waiting.count()):
        yield Line(subject="Faces", state=OK, says="No photo waits for the face finder.")
        return
    says = f"{_counted(n, 'photo waits', 'photos wait')} for the face finder."
    long = waiting.filter(face_queued_at__lt=timezone.now() - timedelta(hours=1))
    yield _under_way("Faces", says, _still(long, "face_queued_at"))


def _trainings() -> Iterator[Line]:
    live = _rows("training.TrainingRun").filter(state__in=LIVE)
    if not (n := live.count()):
        yield Line(subject="Trainings", state=OK, says="No training is under way.")
        return
    folds = _rows("training.Fold").filter(run__in=live)
    done, running = folds.filter(state="finished").count(), folds.filter(state="running")
    says = f"{_counted(n, 'training')} under way: {done} of {_counted(folds.count(), 'fold')} done."
    yield _under_way("Trainings", says, _still(running))


def _comparisons() -> Iterator[Line]:
    live = _rows("screening.ComparisonJob").filter(state__in=LIVE)
    if n := live.count():
        yield _under_way("Comparisons", f"{_counted(n, 'comparison')} being computed.", _still(live))
    else:
        yield Line(subject="Comparisons", state=OK, says="No comparison is being computed.")


def _photographs() -> Iterator[Line]:
    yield from _seal()
    if stored.is_folder():
        return
    try:
        default_storage.exists("status")
    except OSError:
        says = "The store of the photographs does not answer: no face can be shown or imported."
        yield Line(subject="Photographs", state=BAD, says=says, advice=TO_IT.format("see the bucket of S3_BUCKET."))
    else:
        yield Line(subject="Photographs", state=OK, says="The store of the photographs answers.")


def _seal() -> Iterator[Line]:
    try:
        is_sealed = newest() is not None
    except SealTrouble:
        says = "The keys of the photographs cannot be read: no sealed face can be shown, and none imported."
        yield Line(subject="Seal", state=BAD, says=says, advice=TO_IT.format("see PHOTO_KEYS_FILE."))
        return
    how = "are sealed when they are stored" if is_sealed else "are stored unsealed; the disk has to be encrypted"
    yield Line(subject="Seal", state=OK, says=f"Photographs {how}.")


def _room() -> Iterator[Line]:
    free = shutil.disk_usage(Path(settings.DATA_DIR)).free / 1e9
    state = BAD if free < ROOM_BAD else LOOK if free < ROOM_LOOK else OK
    advice = "" if state == OK else TO_IT.format("make room, before imports and trainings fail.")
    yield Line(subject="Room", state=state, says=f"{free:,.1f} GB are left on the disk.", advice=advice)


def _backup() -> Iterator[Line]:
    last = _rows("audit.AuditEvent").filter(action="site.backed_up").order_by("-id").first()
    if last is None:
        advice = TO_IT.format("a nightly backup has to be set up.")
        yield Line(subject="Backup", state=LOOK, says="No backup was ever made.", advice=advice)
        return
    is_old = timezone.now() - last.at > BACKUP_LOOK
    advice = TO_IT.format("is the nightly backup running?") if is_old else ""
    says = f"The last backup is {timesince(last.at, timezone.now())} old."
    yield Line(subject="Backup", state=LOOK if is_old else OK, says=says, advice=advice)
