"""The database's own refusal to change what is written down: triggers for SQLite and PostgreSQL."""

from typing import Any

TABLE = "audit_auditevent"
SENTENCE = "The audit log is append-only."
VIEWS = "audit_faceview"
VIEWS_SENTENCE = "The log of who saw which face is append-only; what is younger than half a year stays."
VIEWS_KEPT = 183  # days for which not even the site itself can delete them

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
SQLITE_VIEWS = {
    "set": [
        f"CREATE TRIGGER views_refuse_update BEFORE UPDATE ON {VIEWS} "
        f"BEGIN SELECT RAISE(ABORT, '{VIEWS_SENTENCE}'); END",
        f"CREATE TRIGGER views_refuse_delete BEFORE DELETE ON {VIEWS} "
        f"WHEN OLD.at > datetime('now', '-{VIEWS_KEPT} days') BEGIN SELECT RAISE(ABORT, '{VIEWS_SENTENCE}'); END",
    ],
    "lift": [f"DROP TRIGGER IF EXISTS views_refuse_{what}" for what in ("update", "delete")],
}
POSTGRESQL_VIEWS = {
    "set": [
        "CREATE OR REPLACE FUNCTION views_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{VIEWS_SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER views_refuse_update BEFORE UPDATE ON {VIEWS} FOR EACH ROW EXECUTE FUNCTION views_refuse()",
        f"CREATE TRIGGER views_refuse_delete BEFORE DELETE ON {VIEWS} FOR EACH ROW "
        f"WHEN (OLD.at > now() - interval '{VIEWS_KEPT} days') EXECUTE FUNCTION views_refuse()",
        f"CREATE TRIGGER views_refuse_truncate BEFORE TRUNCATE ON {VIEWS} "
        "FOR EACH STATEMENT EXECUTE FUNCTION views_refuse()",
    ],
    "lift": [f"DROP TRIGGER IF EXISTS views_refuse_{what} ON {VIEWS}" for what in ("update", "delete", "truncate")],
}
LOG = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
SEEN = {"sqlite": SQLITE_VIEWS, "postgresql": POSTGRESQL_VIEWS}


def set_guard(connection: Any) -> None:
    """Of both logs."""
    for guard in (LOG, SEEN):
        run(connection, guard, "set")


def lift_guard(connection: Any) -> None:
    """For tests that empty every table between them."""
    for guard in (LOG, SEEN):
        run(connection, guard, "lift")


def run(connection: Any, guard: dict[str, dict[str, list[str]]], step: str) -> None:
    """``step``: set or lift; also for doing and undoing the migrations."""
    with connection.cursor() as cursor:
        for statement in guard[connection.vendor][step]:
            cursor.execute(statement)
