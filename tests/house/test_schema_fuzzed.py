"""The API against its own schema: whatever is sent, no error of the server, and each answer is as the schema says.

A few examples an operation here; more by ``SCHEMA_EXAMPLES=100 pytest -m slow tests/house/test_schema_fuzzed.py``.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from readerstudy.wsgi import application
from tests.house.world import World, make_world

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "3"))
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(0 if EXAMPLES > 3 else 600)]


@pytest.fixture
def world(db, make_study, make_user, settings, tmp_path) -> World:
    settings.DATA_DIR = tmp_path
    return make_world(make_study, make_user)


@pytest.fixture(autouse=True)
def connection_stays_open() -> Iterator[None]:
    """A WSGI server's requests each end with the closing of the connection, here with its test inside."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


def numbers_of(world: World) -> dict[str, list[Any]]:
    """What a path parameter may name, so that an example finds something; the rest is the generator's."""
    things = world.things
    return {"pks": sorted({thing.pk for thing in things.values() if hasattr(thing, "pk")})}


@pytest.mark.parametrize("who", ["coordinator", "investigator", "reader"])
def test_no_request_breaks_the_server_and_no_answer_its_schema(world: World, who: str) -> None:
    cookies = {name: morsel.value for name, morsel in world.cookies[who].items()}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers={"Accept": "application/json"})
    wrong, seen = [], 0
    for result in schema.get_all_operations():
        operation = result.ok()
        wrong += problems(operation, cookies, world)
        seen += 1
    assert seen > 80
    assert wrong == [], "\n".join(wrong)


def problems(operation: Any, cookies: dict[str, str], world: World) -> list[str]:
    found: list[str] = []
    pks = numbers_of(world)["pks"]

    @seed(1)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        for place, name in enumerate(case.path_parameters or {}):
            if isinstance(case.path_parameters[name], int):
                case.path_parameters[name] = pks[(place + len(str(case.body or ""))) % len(pks)]
        with transaction.atomic():
            answer = case.call(cookies=cookies)
            transaction.set_rollback(True)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Exception, BaseExceptionGroup) as problem:  # what fails comes as a group
            found.append(f"{operation.label}: {answer.status_code}: {told(problem)}")

    ask()
    return found[:1]


def told(problem: BaseException) -> str:
    """The reasons, and how to ask the same again."""
    inner = problem.exceptions if isinstance(problem, BaseExceptionGroup) else [problem]
    reasons = "; ".join(f"{type(one).__name__} {one} {getattr(one, 'message', '')}"[:500] for one in inner)
    curl = next((line.strip() for line in str(problem).split("\n") if "curl " in line), "")
    return f"{reasons} | {curl[:400]}"
