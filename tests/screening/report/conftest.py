import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from screening.analysis.options import Options
from screening.report.facts import facts_of
from screening.services import compare
from tests.screening.app.paperlike import build


@pytest.fixture(scope="session")
def _told(django_db_setup, django_db_blocker) -> tuple[dict[str, Any], dict[str, Any]]:
    """Result and facts of the golden study; made once, its rows rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build()
        made = compare(study=world.study, run=world.run, options=Options(), by=world.investigator)
        made.refresh_from_db()
        found = made.result, facts_of(made)
        transaction.set_rollback(True)
    return found


@pytest.fixture
def result(_told, db) -> dict[str, Any]:
    return copy.deepcopy(_told[0])


@pytest.fixture
def facts(_told, db) -> dict[str, Any]:
    return copy.deepcopy(_told[1]) | {"made_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}
