"""Every row of the site as lines of JSON, whatever the database: what a backup holds, and how it comes back.

Rows are written and read with the models as the migrations of the backup describe them, so that a backup of an older
version goes into a database of that version, which is then brought up to date by its migrations.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Who is signed in is nobody's data: after a restore everybody signs in again.
LEFT_OUT = {"sessions.session"}
ROWS_AT_ONCE = 500


def applied_migrations() -> list[tuple[str, str]]:
    """(app, name) of each that this version knows; of an app that was given up only the record is left behind."""
    known = MigrationLoader(connection).graph.nodes
    return sorted(node for node in MigrationRecorder(connection).applied_migrations() if node in known)


def models_of(migrations: Iterable[tuple[str, str]]) -> dict[str, type[models.Model]]:
    """Label to model, many-to-many tables included, as ``migrations`` leave them."""
    state = MigrationExecutor(connection).loader.project_state(list(migrations))
    found = state.apps.get_models(include_auto_created=True)
    managed = [model for model in found if model._meta.managed and not model._meta.proxy]
    return {model._meta.label_lower: model for model in managed if model._meta.label_lower not in LEFT_OUT}


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside belongs to one moment, whoever writes meanwhile."""
    is_own = not connection.in_atomic_block
    with transaction.atomic():
        if is_own and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def lines_of(model: type[models.Model]) -> Iterator[bytes]:
    """One JSON array a row, in the order of ``columns``."""
    fields = model._meta.concrete_fields
    rows = model._base_manager.order_by("pk").values_list(*[field.attname for field in fields])
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        plain = [_plain(field, value) for field, value in zip(fields, row, strict=True)]
        yield json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def load(model: type[models.Model], names: list[str], lines: Iterable[bytes]) -> int:
    """Insert the rows as they are, keys and times included; gives how many."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    batch: list[models.Model] = []
    count = 0
    for line in lines:
        values = zip(names, json.loads(line), strict=True)
        batch.append(model(**{name: _value(fields[name], value) for name, value in values}))
        count += 1
        if len(batch) == ROWS_AT_ONCE:
            _insert(model, batch)
            batch = []
    _insert(model, batch)
    return count


def _insert(model: type[models.Model], batch: list[models.Model]) -> None:
    for field in model._meta.concrete_fields:
        # The stored time is the truth, not the time of the restore.
        if isinstance(field, models.DateField):
            field.auto_now = field.auto_now_add = False
    model._base_manager.bulk_create(batch)


def _plain(field: models.Field, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField) or isinstance(value, bool | int | float | str):
        return value
    if isinstance(field, models.BinaryField):
        return bytes(value).hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _value(field: models.Field, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.BinaryField):
        return bytes.fromhex(value)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)


def reset_sequences(found: Iterable[type[models.Model]]) -> None:
    """The next new row gets a key of its own."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(found)):
            cursor.execute(statement)
