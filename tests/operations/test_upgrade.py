"""A site as an earlier version left it is brought up to date by its migrations: nothing that anybody did is lost."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.site import Site
from tests.operations.test_backup import _create, server  # noqa: F401 - a fixture

DUMPS = Path(__file__).parents[1] / "data" / "previous-release"
TABLES = """
import json
import django; django.setup()
from django.db import connection
told = {}
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        told[table] = [dict(zip(names, map(str, row))) for row in cursor.fetchall()]
print(json.dumps(told))
"""
# What an upgrade is meant to change, and the tables that are no data: Django's own lists of models and rights.
NO_DATA = {"django_migrations", "django_content_type", "auth_permission", "django_session", "sqlite_sequence"}
MEANT = {"authtoken_token"}  # keys are kept as hashes now
OPENS = """
import django; django.setup()
from django.test import Client
from readerstudy.accounts.models import User
from readerstudy.studies.models import Study
from screening.models import Comparison
client, study, comparison = Client(), Study.objects.get(), Comparison.objects.get()
def get(path, **headers):
    answer = client.get(path, headers={"host": "127.0.0.1", **headers})
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()
assert get("/api/v1/studies/", authorization="Token 0123456789abcdef0123456789abcdef01234567")
client.force_login(User.objects.get(email__startswith="coordinator"))
for path in ("", "monitor/", "people/", "cases/", "incidents/", "audit/", "protocol/"):
    get(f"/studies/{study.pk}/{path}")
get(f"/cohorts/{study.cohort_id}/")
client.force_login(User.objects.get(email__startswith="investigator"))
study.status = "closed"; study.save()
assert "SP 1" in get(f"/analysis/{study.pk}/{comparison.pk}/")
get(f"/training/{comparison.run_id}/")
print("all open")
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The site of before in a folder and a database of its own; nothing of it is ours yet."""
    script = (DUMPS / f"{request.param}.sql").read_text()
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "readerstudy.sqlite3") as link:
            link.executescript(script)
        link.close()
        yield Site(tmp_path)
        return
    import psycopg

    url = request.getfixturevalue("server")
    name = f"upgraded_{os.getpid()}"
    _create(url, name)
    site = Site(tmp_path, url.rsplit("/", 1)[0] + f"/{name}")
    with psycopg.connect(site.database_url, autocommit=True) as link:
        link.execute(script)
    yield site
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE "{name}"')


def tables(site: Site) -> dict[str, list[dict[str, str]]]:
    return dict(json.loads(site.run("-c", TABLES)))


def in_small_letters(tables: dict[str, Any]) -> dict[str, Any]:
    """The addresses of accounts as allauth keeps them; whoever signs in may write them as they like, then and now."""
    people = [row | {"email": row["email"].lower()} for row in tables["accounts_user"]]
    return tables | {"accounts_user": people}


def lost(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Rows that are gone, and values that differ, of what was there before."""
    found = []
    for table in sorted(before.keys() - NO_DATA - MEANT):
        key = "id" if before[table] and "id" in before[table][0] else None
        there = {row.get(key, str(row)): row for row in after.get(table, [])}
        for row in before[table]:
            now = there.get(row.get(key, str(row)))
            changed = now and {name: (value, now.get(name)) for name, value in row.items() if now.get(name) != value}
            if now is None or changed:
                found.append(f"{table} {row.get('id')}: {changed or 'gone'}")
    return found


def test_what_is_lost_is_noticed() -> None:
    row = {"id": "1", "is_gs": "True"}
    assert lost({"call": [row]}, {"call": [row | {"new": "column"}]}) == []
    assert lost({"call": [row]}, {"call": []}) == ["call 1: gone"]
    assert lost({"call": [row]}, {"call": [row | {"is_gs": "False"}]}) == ["call 1: {'is_gs': ('True', 'False')}"]
    assert lost({"call": [row]}, {"call": [{"id": "1"}]}) == ["call 1: {'is_gs': ('True', None)}"]


@pytest.mark.slow
def test_a_database_of_the_previous_release_is_migrated_with_everything_in_it(old: Site) -> None:
    before = tables(old)
    assert [len(before[f"reading_{table}"]) for table in ("call", "exposure", "incident")] == [60, 60, 1]
    assert len(before["audit_auditevent"]) >= 4
    old.manage("migrate", "--verbosity", "0")
    after = tables(old)
    assert lost(in_small_letters(before), after) == []
    assert "intact" in old.manage("verify_audit")
    old.manage("makemigrations", "--check", "--dry-run")
    assert "all open" in old.run("-c", OPENS)
    said = json.loads(old.manage("doctor", "--json", "--no-workers", expected=None))
    looked_at = [finding for finding in said if finding["subject"] in {"database", "audit log"}]
    database = {finding["found"]: finding["state"] for finding in looked_at}
    assert "all migrations are applied" in database
    assert set(database.values()) == {"ok"}
