import copy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from screening.analysis.options import Options
from screening.report.facts import facts_of
from screening.services import compare
from tests.screening.app.paperlike import build
from tests.screening.app.rich import build_rich
from tests.screening.report.raw import read_raw
from tests.screening.report.shown import MARGIN, ONE_IN, held


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


@pytest.fixture(scope="session")
def rich_shown(django_db_setup, django_db_blocker) -> SimpleNamespace:
    """The rich study's raw rows, and the pages that show its comparison; made once, its rows rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_rich()
        raw = read_raw(world.study)
        options = Options(replicates=200, margin=MARGIN)
        made = compare(study=world.study, run=world.run, options=options, by=world.investigator)
        client = Client()
        client.force_login(world.investigator)
        place = f"/analysis/{made.study_id}/{made.pk}/"
        page = client.get(place).content.decode()
        explorer = client.get(f"{place}explorer/?one_in={ONE_IN}").content.decode()
        transaction.set_rollback(True)
    return SimpleNamespace(raw=raw, page=page, explorer=explorer)


@pytest.fixture
def it(rich_shown, db) -> SimpleNamespace:
    return rich_shown.raw


@pytest.fixture
def rich_page(rich_shown, db) -> str:
    return rich_shown.page


@pytest.fixture
def charts(rich_page) -> dict[str, Any]:
    """The figures that the page draws, by name."""
    return held(rich_page, "charts")
