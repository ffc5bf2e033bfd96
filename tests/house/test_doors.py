"""Every door of the house for everybody: each URL and API route, by reading and by writing, answers as doors.txt says.

A line of that table is a door and a method, and one status for each person in the order of its first line. Whoever adds
a route adds its line (the failing test prints it), and the rules further down say what no line may hold.
"""

from functools import cache
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.parsers import JSONParser

from tests.house.world import CAST, World, make_world

TABLE = Path(__file__).with_name("doors.txt")
SIGN_IN = "/accounts/sign-in/"
# Whoever reads must stay blind: besides these, a reader's key opens no door of a study, its cohort or its runs.
OWN = ("accounts:", ":account_", ":mfa_", ":openid_connect_")  # doors of one's own account, ours and allauth's
FOR_READERS = {
    "reading:", "reading_api:", *OWN, ":home", ":help", ":jsi18n", "handbook:", "screening:mine",
    "studies:invitation",
}  # fmt: skip
# Doors that name no study: lists of one's own, pages of the account, what everybody may see.
OF_NOBODY = {
    ":home", ":help", ":healthz", ":schema", ":api_docs", "studies:manifest_template", "studies:invitation",
    "studies_api:studies", "studies_api:cohorts", "screening_api:comparisons", "reading:studies", "screening:index",
    "screening:runs", ":status", ":api_status", "handbook:index", "handbook:page", "handbook:search", "handbook:file",
    ":jsi18n",
}  # fmt: skip


@cache
def doors() -> dict[str, tuple[str, URLPattern]]:
    """``namespace:name`` -> its route and pattern, for every door but the admin's."""

    def walk(patterns: list, space: str, before: str):
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, pattern.namespace or space, route)
            else:
                yield f"{space}:{pattern.name}", (route, pattern)

    found = list(walk([p for p in get_resolver().url_patterns if getattr(p, "namespace", "") != "admin"], "", ""))
    assert len({name for name, _ in found}) == len(found), "two doors have one name"
    return dict(found)


def methods(pattern: URLPattern) -> list[str]:
    """Reading, writing, and what else the view offers."""
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    more = [name for name in ("put", "patch", "delete") if view and "rest_framework" in str(view.__mro__)]
    return ["get", "post", *(name for name in more if hasattr(view, name))]


@cache
def lines() -> dict[tuple[str, str], list[int]]:
    rows = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {(door, method): [int(status) for status in statuses] for door, method, *statuses in rows}


@pytest.fixture
def world(db, make_study, make_user, settings, tmp_path) -> World:
    settings.DATA_DIR = tmp_path
    return make_world(make_study, make_user)


def knock(world: World, who: str, door: str, method: str) -> int:
    """One visit, whose writes are undone."""
    route, pattern = doors()[door]
    view = getattr(pattern.callback, "view_class", None)
    is_json = door.split(":")[0].endswith("_api") and JSONParser in getattr(view, "parser_classes", [])
    body = bodies(world).get(door, {})
    client = world.client(who)
    with transaction.atomic():
        kind = {"content_type": "application/json"} if is_json and method != "get" else {}
        answer = getattr(client, method)(world.address(route, door), {} if method == "get" else body, **kind)
        transaction.set_rollback(True)
    if answer.status_code == 302 and who == "anonymous" and answer["Location"].startswith(SIGN_IN) is False:
        assert door.startswith((*OWN, "studies:invitation")), f"{door} sends the anonymous elsewhere"
    return answer.status_code


def bodies(world: World) -> dict[str, dict]:
    """What names a study or cohort in the body and not in the path."""
    study, run = world.study.pk, world.things["run"].pk
    cohort = world.study.cohort_id
    return {
        "studies_api:studies": {"name": "New", "cohort": cohort},
        "screening_api:comparisons": {"study": study, "run": run, "replicates": 200},
        "training_api:runs": {"cohort": cohort, "name": "New"},
        "training_api:searches": {"cohort": cohort, "name": "New", "axes": {"learning_rate": [0.1, 0.2]}},
    }


def test_every_door_has_its_lines(world):
    wanted = [(door, method) for door, (_, pattern) in doors().items() for method in methods(pattern)]
    assert TABLE.read_text().startswith("# door method " + " ".join(who.replace(" ", "-") for who in CAST))
    assert {key for key in lines() if key not in wanted} == set(), "lines of doors that are gone"
    missing = [key for key in wanted if key not in lines()]
    new = [" ".join([*key, *(str(knock(world, who, *key)) for who in CAST)]) for key in missing]
    assert new == [], "look whether these answers are right, then add the lines to doors.txt:\n" + "\n".join(new)


@pytest.mark.parametrize("who", CAST)
def test_everybody_is_answered_as_the_table_says(world, who):
    column = CAST.index(who)
    table = lines()
    got = {key: knock(world, who, *key) for key in table if key[0] in doors()}
    wrong = {key: (status, table[key][column]) for key, status in got.items() if status != table[key][column]}
    assert wrong == {}, "door: what it answered, and what stands in the table"


def test_no_line_breaks_the_rules_of_the_house():
    """What must hold whatever the table says: no error, strangers find nothing, readers stay blind."""
    broken = {" ".join(key): sentence for key in lines() for sentence in broken_rules(*key)}
    assert broken == {}


def broken_rules(door: str, method: str) -> list[str]:
    status = dict(zip(CAST, lines()[door, method], strict=True))
    outside = {status[who] for who in CAST if who in {"stranger", "staff"} or who.startswith("neighbour")}
    is_ones_own = door.startswith(OWN) or door in OF_NOBODY
    rules = {
        "an error": max(status.values()) >= 500,
        "open to the anonymous": not (is_ones_own or status["anonymous"] in {302, 401, 404, 405}),
        "shows an outsider that something is there": not is_ones_own
        and names_something(door)
        and not outside <= {404, 405},
        "open to a reader, who has to stay blind": not is_ones_own
        and not door.startswith(tuple(FOR_READERS))
        and status["reader"] not in {403, 404, 405},
    }
    return [sentence for sentence, is_broken in rules.items() if is_broken]


def names_something(door: str) -> bool:
    """Whether the path names a thing of a study, so that an outsider must not even learn that it is there."""
    return "<" in doors()[door][0]


def admin_doors() -> list[URLPattern]:
    (admin,) = [p for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "admin"]
    found = []
    for pattern in admin.url_patterns:
        found += pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
    return found


@pytest.mark.django_db
def test_the_admin_opens_for_staff_only(world):
    from django.urls import NoReverseMatch, reverse

    paths = set()
    for pattern in admin_doors():
        if pattern.name in {None, "login", "logout", "jsi18n"}:
            continue
        for given in ({}, {"object_id": "1"}, {"id": "1", "password": "1"}, {"app_label": "studies"},
                      {"content_type_id": "1", "object_id": "1"}, {"url": "x"}):  # fmt: skip
            try:
                paths.add(reverse(f"admin:{pattern.name}", kwargs=given))
            except NoReverseMatch:
                continue
    assert len(paths) > 20
    for who in CAST:
        client = world.client(who)
        for path in sorted(paths):
            for method in ("get", "post"):
                with transaction.atomic():
                    answer = getattr(client, method)(path)
                    transaction.set_rollback(True)
                if who == "staff":
                    assert answer.status_code < 500, (path, method)
                else:
                    assert answer.status_code == 302, (who, path)
                    assert answer["Location"].startswith("/admin/login/")
