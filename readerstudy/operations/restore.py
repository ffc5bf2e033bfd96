"""Everything of a backup into an empty site. Nothing is put in its place before all of it has been read and checked."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from readerstudy import __version__, stored
from readerstudy.audit import services as audit
from readerstudy.operations import archive, rows
from readerstudy.operations.backup import FOLDERS, FORMAT, UPLOADS
from readerstudy.refusal import Refused
from readerstudy.sealed import SealTrouble, key_called

BLOCK = 1024 * 1024


def restore(*, source: Path, key: Path, told: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Put the backup ``source`` into this site, which has to be empty. Gives the backup's manifest.

    Raises
    ------
    Refused
        The site holds something; the backup is damaged, newer, or not for this key. Then nothing has changed.
    """
    identity = archive.identity_in(key)
    _refuse_unless_empty()
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="restore-") as folder:
        manifest = _unpack(source, identity, Path(folder))
        told(f"Backup of {manifest['made_at'][:16]}, version {manifest['version']}: read and checked.")
        _refuse_unknown(manifest)
        _refuse_without_photo_keys(manifest)
        photographs = _photographs_back(Path(folder))
        try:
            _rows_back(manifest, Path(folder))
            call_command("migrate", verbosity=0)
        except Exception:
            _empty_database()  # an empty site is what there was: the next try begins there again
            stored.delete_all(photographs)
            raise
        _files_back(Path(folder))
    _check()
    audit.record("site.restored", target="site", file=source.name, made_at=manifest["made_at"])
    return manifest


# --- before ----------------------------------------------------------------------------------------------------------


def _refuse_unless_empty() -> None:
    user = apps.get_model(settings.AUTH_USER_MODEL)
    if user._meta.db_table in connection.introspection.table_names() and user._base_manager.exists():
        raise Refused(
            "This site has accounts already. A restore goes into an empty one: a new DATA_DIR and a new database.",
            status=409,
        )
    for name, folder in _places().items():
        if folder.is_dir() and any(path.is_file() for path in folder.rglob("*")):
            raise Refused(f"There are files in {folder} ({name}): a restore goes into an empty site.", status=409)
    if not stored.is_folder() and next(stored.sizes_below(), None):
        raise Refused("There are photographs in the bucket: a restore goes into an empty one.", status=409)


def _places() -> dict[str, Path]:
    return {"media": Path(settings.MEDIA_ROOT)} | {name: Path(settings.DATA_DIR) / name for name in FOLDERS}


def _refuse_unknown(manifest: dict[str, Any]) -> None:
    if manifest["format"] > FORMAT:
        raise Refused(f"The backup was made by version {manifest['version']}; this is {__version__}: update it first.")
    known = MigrationLoader(connection).graph.nodes
    if unknown := [f"{app} {name}" for app, name in manifest["migrations"] if (app, name) not in known]:
        raise Refused(
            f"The backup is of version {manifest['version']}, which knows {unknown[0]}; this one, {__version__}, does "
            "not: restore with that version or a later one."
        )


def _refuse_without_photo_keys(manifest: dict[str, Any]) -> None:
    """A site whose photographs nobody can open would look whole and not be it."""
    sealed_with = manifest.get("sealed_with", {})
    try:
        missing = [key_id for key_id in sealed_with if key_called(key_id) is None]
    except SealTrouble as problem:
        raise Refused(f"The photographs of this backup are sealed. {problem} Nothing was changed.") from None
    if missing:
        n = sum(sealed_with[key_id] for key_id in missing)
        where = (
            f"PHOTO_KEYS_FILE ({settings.PHOTO_KEYS_FILE}) does not hold"
            if settings.PHOTO_KEYS_FILE
            else ("PHOTO_KEYS_FILE is not set; it has to hold")
        )
        raise Refused(
            f"{n} photographs of this backup are sealed with the key {' and '.join(missing)}: {where} it. Put the key "
            "file of that time there and restore again. Nothing was changed."
        )


def _unpack(source: Path, identity: Any, folder: Path) -> dict[str, Any]:
    found: dict[str, str] = {}
    try:
        with source.open("rb") as file, archive.reading(file, identity) as tar:
            for entry in tar:
                tar.extract(entry, folder, filter="data")
                found[entry.name] = _sha256(folder / entry.name)
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror or error}.") from error
    if "manifest.json" not in found:
        raise Refused(f"{source} ends too early: it has no manifest. Take another backup.")
    manifest = json.loads((folder / "manifest.json").read_text())
    wanted = manifest["files"] | {f"rows/{label}.jsonl": table["sha256"] for label, table in manifest["tables"].items()}
    if wrong := [name for name, digest in wanted.items() if found.get(name) != digest]:
        raise Refused(f"{len(wrong)} parts of the backup are damaged, the first is {wrong[0]}. Take another backup.")
    return manifest


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


# --- putting it in place ---------------------------------------------------------------------------------------------


def _rows_back(manifest: dict[str, Any], folder: Path) -> None:
    migrations = [(app, name) for app, name in manifest["migrations"]]
    _empty_database()
    _migrate_to(migrations)
    found = rows.models_of(migrations)
    with transaction.atomic(), connection.constraint_checks_disabled():
        for model in found.values():  # rows that the migrations themselves made come with the backup
            if model._base_manager.exists():
                model._base_manager.all().delete()
        for label, table in manifest["tables"].items():
            with (folder / f"rows/{label}.jsonl").open("rb") as lines:
                rows.load(found[label], table["columns"], lines)
        rows.reset_sequences(found.values())
    connection.check_constraints()


def _migrate_to(migrations: list[tuple[str, str]]) -> None:
    """The tables as they were when the backup was made: of each app, the last of its applied migrations."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    have = set(migrations)
    ends = [node for node in migrations if not any(child.key in have for child in graph.node_map[node].children)]
    executor.migrate(ends)


def _files_back(folder: Path) -> None:
    for name, place in _places().items():
        if (folder / name).is_dir():
            shutil.copytree(folder / name, place, dirs_exist_ok=True, copy_function=shutil.move)
            place.chmod(0o700)


def _photographs_back(folder: Path) -> list[str]:
    """Into the bucket, where the site has one; uploads under way are files in any case. Gives what it stored."""
    media = folder / "media"
    if stored.is_folder() or not media.is_dir():
        return []
    files = [path for path in media.rglob("*") if path.is_file()]
    names = [path.relative_to(media).as_posix() for path in files]
    photographs = [name for name in names if not name.startswith(f"{UPLOADS}/")]
    stored.put_all(media, photographs)
    for name in photographs:
        (media / name).unlink()
    return photographs


def _empty_database() -> None:
    """Drop our own tables; who called made sure that they hold no account."""
    ours = set(connection.introspection.django_table_names(include_views=False)) | {
        MigrationRecorder.Migration._meta.db_table
    }
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in ours.intersection(connection.introspection.table_names(cursor)):
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")


def _check() -> None:
    if (broken := audit.verify_chain()) is not None:
        raise Refused(f"The rows are back, but the audit log breaks at entry {broken}: it was broken when backed up.")
