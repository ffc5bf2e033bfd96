import copy
from typing import Any

import pytest
from django.db import transaction

from screening import tables
from screening.analysis.options import Options
from screening.recorded import with_recorded
from screening.services import compare
from screening.tables import Table
from tests.screening.app.paperlike import Paperlike, build
from tests.screening.app.rich import build_rich


@pytest.fixture
def paperlike(db) -> Paperlike:
    return build()


@pytest.fixture(scope="session")
def _stored_result(django_db_setup, django_db_blocker) -> dict[str, Any]:
    """What the database gives back for the whole golden study; made once, its rows rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build()
        made = compare(study=world.study, run=world.run, options=Options(), by=world.investigator)
        made.refresh_from_db()
        transaction.set_rollback(True)
    return made.result


@pytest.fixture
def result(_stored_result) -> dict[str, Any]:
    """Result of the golden study with the default options, free to be changed by the test."""
    return copy.deepcopy(_stored_result)


@pytest.fixture(scope="session")
def _rich(django_db_setup, django_db_blocker) -> tuple[dict[str, Any], dict[str, Any], Table]:
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_rich()
        table = with_recorded(tables.read(study=world.study, run=world.run), study=world.study)
        results = []
        for without_flagged in (False, True):
            options = Options(replicates=200, margin=0.05, without_flagged=without_flagged)
            made = compare(study=world.study, run=world.run, options=options, by=world.investigator)
            made.refresh_from_db()
            results.append(made.result)
        transaction.set_rollback(True)
    return results[0], results[1], table


@pytest.fixture
def rich(_rich) -> dict[str, Any]:
    """Result of the golden study with two arms, repeats and flagged looks (200 replicates, margin 5 points)."""
    return copy.deepcopy(_rich[0])


@pytest.fixture
def rich_clean(_rich) -> dict[str, Any]:
    """The same with the flagged looks left out."""
    return copy.deepcopy(_rich[1])


@pytest.fixture
def rich_table(_rich) -> Table:
    """The table that ``rich`` was made from."""
    return _rich[2]
