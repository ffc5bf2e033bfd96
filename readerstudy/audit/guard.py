"""The database's own refusal to change the log: triggers for SQLite and PostgreSQL."""

from typing import Any

TABLE = "audit_auditevent"
SENTENCE = "The audit log is append-only."

SQLITE = {
    "set": [
        f"CREATE TRIGGER audit_refuses_{what.lower()} BEFORE {what} ON {TABLE} "
        f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        for what in ("UPDATE", "DELETE")
    ],
    "lift": [f"DROP TRIGGER IF EXISTS audit_refuses_{what}" for what in ("update", "delete")],
}
POSTGRESQL = {
    "set": [
        "CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuses()",
        f"CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
    ],
    "lift": [f"DROP TRIGGER IF EXISTS audit_refuses_{what} ON {TABLE}" for what in ("change", "truncate")],
}
BY_VENDOR = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def set_guard(connection: Any) -> None:
    _run(connection, "set")


def lift_guard(connection: Any) -> None:
    """For undoing the migration, and for tests that empty every table between them."""
    _run(connection, "lift")


def _run(connection: Any, step: str) -> None:
    with connection.cursor() as cursor:
        for statement in BY_VENDOR[connection.vendor][step]:
            cursor.execute(statement)
