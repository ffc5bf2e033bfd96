import copy
from typing import Any

import pytest
from django.db import transaction

from screening.analysis.options import Options
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build


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
