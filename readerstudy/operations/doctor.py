"""What a hospital's IT asks about a site, looked up rather than promised. Tells no patient's data.

It only reads, but for one probe that is written into a bucket and deleted.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import FileField
from django.utils import timezone

from readerstudy import __version__, stored
from readerstudy.audit.guard import TABLE
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.services import verify_chain
from readerstudy.operations import sealing
from readerstudy.sealed import key_called, newest, open_to_others

OK, LOOK, BAD = STATES = ("ok", "look", "bad")
ROOM_BAD, ROOM_LOOK = 2, 20  # GB left on the disk
BACKUP_LOOK = timedelta(days=2)
QUEUES = {"work": "imports, faces and analyses wait", "train": "trainings wait"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``state`` is "ok", "look" (works, but not as it should in a hospital) or "bad" (mend it before anybody reads)."""

    subject: str
    state: str
    found: str
    advice: str = ""

    def plain(self) -> dict[str, str]:
        return asdict(self)


def examine(*, has_workers: bool = True) -> Iterator[Finding]:
    """All findings, in the order in which one would mend them. One that cannot be made is itself a finding."""
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("program", _program),
        ("settings", _settings),
        ("database", _database),
        ("audit log", _audit_log),
        ("disk", _disk),
        ("bucket", _bucket),
        ("photographs", _photographs),
        ("photo keys", _photo_keys),
        ("backup", _backup),
        ("queue", _queue),
    ]
    if has_workers:
        looks.append(("workers", _workers))
    for subject, look in looks:
        try:
            yield from look()
        except Exception as problem:
            yield Finding(
                subject=subject, state=BAD, found=f"could not be looked at: {type(problem).__name__}: {problem}"
            )


def _program() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(subject="program", state=OK, found=f"readerstudy {__version__} on Python {version}")


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        advice = "Unset DEBUG: pages with internals are shown to anybody."
        yield Finding(subject="settings", state=BAD, found="DEBUG is on", advice=advice)
    if not settings.HTTPS:
        advice = "Serve the site through the TLS proxy and set SITE_URL=https://..., or keep it on this machine alone."
        yield Finding(subject="settings", state=LOOK, found=f"{settings.SITE_URL} is not encrypted", advice=advice)
    if "smtp" not in settings.EMAIL_BACKEND:
        found = f"mails are written to {settings.EMAIL_FILE_PATH}"
        advice = "Set EMAIL_BACKEND and EMAIL_HOST to send invitations, or hand out the printed cards."
        yield Finding(subject="mail", state=LOOK, found=found, advice=advice)
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    messages = [message for message in found if not message.is_silenced()]
    known = {"security.W004", "security.W008", "security.W012", "security.W016", "security.W018"}  # told above already
    known.add("readerstudy.W001")  # told with the photo keys
    for message in messages:
        if message.id not in known:
            state = BAD if message.level >= checks.ERROR else LOOK
            yield Finding(
                subject="settings", state=state, found=f"{message.id}: {message.msg}", advice=message.hint or ""
            )
    if not messages:
        yield Finding(subject="settings", state=OK, found="all deployment checks passed")


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        sql = "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version"
        cursor.execute(sql)
        version = cursor.fetchone()[0]
    yield Finding(subject="database", state=OK, found=f"{connection.display_name} {version} answers")
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        found = f"{len(waiting)} migrations are not applied, the first is {waiting[0][0]}"
        yield Finding(subject="database", state=BAD, found=found, advice="Run `manage.py migrate`.")
    else:
        yield Finding(subject="database", state=OK, found="all migrations are applied")


def _audit_log() -> Iterator[Finding]:
    if guards := _guards():
        yield Finding(
            subject="audit log", state=OK, found=f"the database refuses changes ({', '.join(sorted(guards))})"
        )
    else:
        advice = "The triggers of the audit log are gone: restore a backup, and find out who could remove them."
        yield Finding(subject="audit log", state=BAD, found="the database would let it be changed", advice=advice)
    broken = verify_chain()
    if broken is None:
        yield Finding(
            subject="audit log", state=OK, found=f"the chain of {AuditEvent.objects.count()} entries is intact"
        )
    else:
        advice = "Compare entry and backups; tell the investigators before any result is published."
        yield Finding(subject="audit log", state=BAD, found=f"the chain breaks at entry {broken}", advice=advice)


def _guards() -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        else:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled <> 'D'",
                [TABLE],
            )
        names = [row[0] for row in cursor.fetchall()]
    return names if len(names) >= 2 else []


def _disk() -> Iterator[Finding]:
    data, media = Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT)
    for name, path in {"data": data, **({} if media.is_relative_to(data) else {"photographs": media})}.items():
        free = shutil.disk_usage(path).free / 1e9
        state = BAD if free < ROOM_BAD else LOOK if free < ROOM_LOOK else OK
        advice = "" if state == OK else f"Make room: below {ROOM_BAD} GB imports and trainings may fail."
        yield Finding(subject="disk", state=state, found=f"{free:.1f} GB are left for {name}", advice=advice)
        if not os.access(path, os.W_OK):
            found = f"{path} cannot be written to"
            yield Finding(subject="disk", state=BAD, found=found, advice="Give it to the site's own user.")
        if path.stat().st_mode & 0o007:
            advice = f"Photographs and secrets lie below it: chmod o-rwx {path}"
            yield Finding(
                subject="disk", state=LOOK, found=f"everybody on the machine may look into {path}", advice=advice
            )


PROBE = "doctor/probe"


def _bucket() -> Iterator[Finding]:
    """Whether we can write and delete there, and nobody else can read."""
    if stored.is_folder():
        return
    bucket: Any = default_storage
    name = bucket.save(PROBE, ContentFile(b"written by manage.py doctor"))
    try:
        if bucket.is_open_to_anybody(name):
            advice = "Close it before anything else: no public access, no anonymous policy, for the whole bucket."
            yield Finding(subject="bucket", state=BAD, found="anybody can read what lies there", advice=advice)
        else:
            found = f"{bucket.bucket_name} can be written to, and is closed to everybody else"
            yield Finding(subject="bucket", state=OK, found=found)
    finally:
        bucket.delete(name)
    if bucket.keeps_versions():
        advice = "The site deletes them too when consent is withdrawn; see that no lock or copy elsewhere keeps them."
        yield Finding(subject="bucket", state=LOOK, found="the bucket keeps older versions", advice=advice)
    if connection.vendor == "sqlite":
        advice = "SQLite waits for the bucket while it writes: move to PostgreSQL (docs/operating.md)."
        yield Finding(subject="bucket", state=LOOK, found="the database is SQLite", advice=advice)


class _Stored:
    """Which names the store holds: listed folder by folder, for to ask for each of a million takes hours."""

    def __init__(self) -> None:
        self._below: dict[str, set[str]] = {}

    def __contains__(self, name: str) -> bool:
        folder, has_folder, _ = name.partition("/")
        if not has_folder:
            return default_storage.exists(name)
        if folder not in self._below:
            self._below[folder] = {found for found, _ in stored.sizes_below(folder)}
        return name in self._below[folder]


def _photographs() -> Iterator[Finding]:
    total, missing, there = 0, [], _Stored()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                names = model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True)
                for name in names.iterator(chunk_size=2000):
                    total += 1
                    if name not in there:
                        missing.append(name)
    if missing:
        found = f"{len(missing)} of {total} files that the database names are not there, the first is {missing[0]}"
        yield Finding(subject="photographs", state=BAD, found=found, advice="Restore them from a backup.")
    else:
        yield Finding(subject="photographs", state=OK, found=f"all {total} files that the database names are there")


SAMPLE = 200


def _photo_keys() -> Iterator[Finding]:
    """Whether what is stored is sealed, and by keys that are here; of many photographs, so many are looked at."""
    counted = sealing.count(most=SAMPLE)
    n = counted.total()
    missing = [key_id for key_id in counted if key_id and key_called(key_id) is None]
    if missing:
        found = f"{sum(counted[key_id] for key_id in missing)} of {n} looked at are sealed with {', '.join(missing)}"
        advice = "No face of them can be shown: put that key back into PHOTO_KEYS_FILE."
        yield Finding(subject="photo keys", state=BAD, found=f"{found}, which is not here", advice=advice)
    if not settings.PHOTO_KEYS_FILE:
        advice = "Encrypt the disk, or set PHOTO_KEYS_FILE and run `manage.py seal_photos` (docs/operating.md)."
        yield Finding(subject="photo keys", state=LOOK, found="photographs are written unsealed", advice=advice)
        return
    key = newest()
    yield from _key_file(Path(settings.PHOTO_KEYS_FILE))
    old = n - (counted[key.id] if key else 0)
    found = f"{n - old} of {n} looked at are sealed with the newest key, {key.id if key else 'none'}"
    advice = "Run `manage.py seal_photos`: it seals the rest too." if old else ""
    yield Finding(subject="photo keys", state=LOOK if old else OK, found=found, advice=advice)


def _key_file(file: Path) -> Iterator[Finding]:
    if open_to_others(file):
        advice = f"chmod 600 {file}"
        yield Finding(
            subject="photo keys", state=LOOK, found="other accounts of the machine may read the keys", advice=advice
        )
    if file.resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        advice = "Move PHOTO_KEYS_FILE away: who takes the photographs there takes the key with them."
        yield Finding(subject="photo keys", state=BAD, found="the keys lie among the photographs", advice=advice)


def _backup() -> Iterator[Finding]:
    if not settings.BACKUP_RECIPIENT:
        advice = "Run `manage.py backup_key FILE` and set BACKUP_RECIPIENT."
        yield Finding(subject="backup", state=LOOK, found="no key for backups is set", advice=advice)
    last: datetime | None = AuditEvent.objects.filter(action="site.backed_up").values_list("at", flat=True).last()
    if last is None:
        advice = "Run `manage.py backup FILE` each night, and restore one once to see that it works."
        yield Finding(subject="backup", state=LOOK, found="no backup was ever made", advice=advice)
        return
    age = timezone.now() - last
    state = LOOK if age > BACKUP_LOOK else OK
    found = f"the last backup was made {last:%Y-%m-%d %H:%M}"
    yield Finding(
        subject="backup", state=state, found=found, advice="Is the nightly backup running?" if state == LOOK else ""
    )


def _queue() -> Iterator[Finding]:
    from readerstudy.celery import app

    with app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, timeout=3)
        info: dict[str, Any] = link.default_channel.client.info()
    version = info.get("redis_version", "?")
    yield Finding(subject="queue", state=OK, found=f"Redis {version} answers")
    if not info.get("aof_enabled"):
        advice = "Start it with --appendonly yes. Nothing is lost without it: the rows send their messages again."
        yield Finding(subject="queue", state=LOOK, found="Redis forgets its messages when it stops", advice=advice)


def served_queues(*, timeout: float) -> dict[str, list[str]]:
    """Queue to the workers that serve it, of those that answer within ``timeout`` seconds."""
    from readerstudy.celery import app

    served: dict[str, list[str]] = {}
    for worker, queues in (app.control.inspect(timeout=timeout).active_queues() or {}).items():
        for queue in queues:
            served.setdefault(queue["name"], []).append(worker)
    return served


def _workers() -> Iterator[Finding]:
    served = served_queues(timeout=3)
    for queue, waits in QUEUES.items():
        if workers := served.get(queue):
            yield Finding(subject="workers", state=OK, found=f"{queue}: {', '.join(sorted(workers))}")
        else:
            advice = f"Start one: celery -A readerstudy worker -Q {queue}"
            yield Finding(
                subject="workers", state=BAD, found=f"nobody serves the queue “{queue}”: {waits}", advice=advice
            )
