"""What every answer says to the browser: each door, by reading and by writing, and what lies between the doors."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.house.test_doors import bodies, doors, methods
from tests.house.world import World, make_world

pytestmark = pytest.mark.django_db
WHO = ("anonymous", "reader", "coordinator", "investigator")
BETWEEN = ["/no/such/page/", "/api/v1/no/such/", "/admin/", "/admin/login/", "/static/no-such-file.js", "/cohorts"]


@pytest.fixture
def world(db, make_study, make_user, settings, tmp_path) -> World:
    settings.DATA_DIR = tmp_path
    return make_world(make_study, make_user)


def answers(world: World, who: str) -> Iterator[tuple[str, Any]]:
    client = world.client(who)
    for path in BETWEEN:
        yield path, client.get(path)
    for door, (route, pattern) in doors().items():
        for method in methods(pattern):
            # Each door once by its own people, and for the anonymous by reading only: their answers are all alike.
            if who == "anonymous" and method != "get":
                continue
            with transaction.atomic():
                client = world.client(who)
                body = {} if method == "get" else bodies(world).get(door, {})
                yield f"{method} {door}", getattr(client, method)(world.address(route, door), body)
                transaction.set_rollback(True)


@pytest.mark.parametrize("who", WHO)
def test_every_answer_is_private_and_runs_nothing_of_others(world: World, who: str) -> None:
    wrong, seen = [], 0
    for name, answer in answers(world, who):
        seen += 1
        wrong += [f"{name}: {sentence}" for sentence in broken(answer)]
    assert seen > 200
    assert wrong == []


def broken(answer: Any) -> Iterator[str]:
    policy = dict(part.strip().split(" ", 1) for part in answer.get("Content-Security-Policy", "").split(";") if part)
    if policy.get("script-src") != "'self'" or policy.get("default-src") != "'self'":
        yield f"its policy lets scripts of others in, or inline ones: {policy}"
    if policy.get("frame-ancestors") != "'none'" or policy.get("object-src") != "'none'":
        yield "it may be framed, or hold plug-ins"
    if policy.get("form-action") != "'self'" or policy.get("base-uri") != "'self'":
        yield "its forms or links may be sent elsewhere"
    if "unsafe" in policy.get("style-src", "") + policy.get("script-src", ""):
        yield "unsafe styles or scripts"
    if answer.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        yield f"another site hears where one came from: {answer.get('Referrer-Policy')}"
    if answer.get("X-Content-Type-Options") != "nosniff":
        yield "a browser may guess its type"
    if answer.get("Cross-Origin-Opener-Policy") != "same-origin":
        yield "a window of another site keeps a hold of it"
    if answer.get("Cross-Origin-Resource-Policy") != "same-origin":
        yield "another site may embed it"
    if answer.get("X-Frame-Options") not in {"DENY", None} or "camera=()" not in answer.get("Permissions-Policy", ""):
        yield "it may be framed or may use the camera"
    if "no-store" not in answer.get("Cache-Control", ""):
        yield f"a copy may be kept: {answer.get('Cache-Control')}"
    if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
        yield from inline(answer.content.decode())


def inline(page: str) -> Iterator[str]:
    if re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", page):
        yield "an inline script"
    if re.search(r"<style[ >]|\son[a-z]+=\"", page):
        yield "an inline style sheet or handler"


def test_the_rules_would_see_a_page_that_breaks_them() -> None:
    from django.http import HttpResponse

    answer = HttpResponse('<script>1</script><p onclick="x">')
    assert len(list(broken(answer))) >= 10


def test_what_is_the_same_for_everybody_may_be_kept_and_is_never_guessed(client, settings) -> None:
    answer = client.get("/static/js/scroll.js")
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" not in answer.get("Cache-Control", "")
