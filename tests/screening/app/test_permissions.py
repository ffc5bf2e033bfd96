"""Every door of the room, for everybody in the cast: 302 to sign in, 404 for strangers, 403 for other roles."""

import pytest
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Reader
from screening import urls as pages
from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import build

PLACE = {"study": "study", "comparison": "comparison"}
OF_A_STUDY = ["study", "aids", "answers"]
OF_A_COMPARISON = [
    "comparison",
    "cases",
    "case",
    "explorer",
    "explorer_table",
    "comparison_runs",
    "report",
    "results",
    "export",
]
GET_ROUTES = OF_A_STUDY + OF_A_COMPARISON
ELSEWHERE = {  # doors whose matrix stands in a test file of their own
    "runs": "test_runs.py",
    "screen": "new_photo/test_pages.py",
    **dict.fromkeys(["screened", "screened_state", "screened_photo", "screened_face"], "new_photo/test_pages.py"),
    **dict.fromkeys(["screened_heat", "screened_keep", "screened_erase"], "new_photo/test_pages.py"),
    "planner": "planner/test_planner_doors.py",
    "planner_csv": "planner/test_planner_doors.py",
    "study_planner": "planner/test_planner_doors.py",
    "pair": "test_pair.py",
    **dict.fromkeys(["links", "link", "link_revoke"], "exports/test_links.py"),
    **dict.fromkeys(["job", "job_state", "job_cancel", "job_again", "change"], "test_jobs.py"),
    "report_file": "report/test_report_files.py",
    "import_new": "imports/test_doors.py",
    "import": "imports/test_doors.py",
    "import_decide": "imports/test_doors.py",
    "unblind": "test_blinding.py",
    "mine": "test_own.py",
    "files": "exports/test_files_doors.py",
    "file": "exports/test_files_doors.py",
    "cohort_table": "cohort/test_cohort_table.py",
    "cohort_table_csv": "cohort/test_cohort_table.py",
    "cohort_matches": "cohort/test_cohort_table.py",
    "cohort_matches_csv": "cohort/test_cohort_table.py",
}


@pytest.fixture
def world(db):
    made = build(n=60)
    comparison = compare(study=made.study, run=made.run, options=Options(replicates=200), by=made.investigator)
    return made, comparison


@pytest.fixture
def cast(world, make_user):
    made, _ = world
    reader = make_user("Rosa Reader")
    Reader.objects.create(study=made.study, user=reader, code="SP 9")
    return {
        "investigator": made.investigator,
        "coordinator": made.coordinator,
        "reader": reader,
        "stranger": make_user("Sam Stranger"),
        "neighbour": build(name="Next door", n=60, readers=False).investigator,
    }


EXPECTED = {"investigator": 200, "coordinator": 403, "reader": 403, "stranger": 404, "neighbour": 404}


def address(name: str, study: int, pk: int) -> str:
    arguments = {"export": [study, pk, "calls"], "case": [study, pk, 7]} | {key: [study] for key in OF_A_STUDY}
    return reverse(f"screening:{name}", args=arguments.get(name, [study, pk]))


def test_the_matrix_holds_every_page():
    assert {pattern.name for pattern in pages.urlpatterns} == {*GET_ROUTES, "index", *ELSEWHERE}


@pytest.mark.parametrize("name", GET_ROUTES)
def test_pages_open_for_investigators_only(client, world, cast, name):
    made, comparison = world
    path = address(name, made.study.pk, comparison.pk)
    assert client.get(path).status_code == 302
    for who, user in cast.items():
        client.force_login(user)
        assert client.get(path).status_code == EXPECTED[who], (who, path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/comparisons/{pk}/",
        "/api/v1/comparisons/{pk}/data/",
        "/api/v1/comparisons/{pk}/explorer/",
        "/api/v1/studies/{study}/aids/",
    ],
)
def test_the_api_opens_for_investigators_only(client, world, cast, path):
    made, comparison = world
    path = path.format(pk=comparison.pk, study=made.study.pk)
    assert client.get(path).status_code in (401, 403)
    for who, user in cast.items():
        client.force_login(user)
        assert client.get(path).status_code == EXPECTED[who], (who, path)


def test_only_investigators_make_comparisons(client, world, cast):
    made, _ = world
    form = {"run": made.run.pk, "replicates": 200, "level": 0.9, "by": "specificity", "seed": 3}
    body = {"study": made.study.pk, "run": made.run.pk, "replicates": 200, "level": 0.9}
    for who, user in cast.items():
        client.force_login(user)
        page = client.post(f"/analysis/{made.study.pk}/", form)
        api = client.post("/api/v1/comparisons/", body, content_type="application/json")
        expected = (302, 201) if who == "investigator" else (EXPECTED[who], EXPECTED[who])
        assert (page.status_code, api.status_code) == expected, who


def test_a_comparison_is_not_reached_through_another_study(client, world, cast):
    _, comparison = world
    client.force_login(cast["neighbour"])
    own = cast["neighbour"].memberships.get().study
    for name in OF_A_COMPARISON:
        assert client.get(address(name, own.pk, comparison.pk)).status_code == 404


def test_a_run_on_a_foreign_cohort_does_not_exist_for_the_api(client, world, cast):
    made, _ = world
    client.force_login(cast["neighbour"])
    own = cast["neighbour"].memberships.get().study
    body = {"study": own.pk, "run": made.run.pk}
    assert client.post("/api/v1/comparisons/", body, content_type="application/json").status_code == 404


def test_lists_hold_one_s_own_studies_only(client, world, cast):
    made, comparison = world
    for who in ("stranger", "coordinator", "reader", "neighbour"):
        client.force_login(cast[who])
        assert f"/analysis/{made.study.pk}/" not in client.get("/analysis/").content.decode()
        assert client.get("/api/v1/comparisons/").json()["results"] == []
    client.force_login(cast["investigator"])
    assert f"/analysis/{made.study.pk}/" in client.get("/analysis/").content.decode()
    assert [row["id"] for row in client.get("/api/v1/comparisons/").json()["results"]] == [comparison.pk]


def test_files_are_audited(client, world):
    made, comparison = world
    client.force_login(made.investigator)
    for name in ("answers", "results", "export"):
        client.get(address(name, made.study.pk, comparison.pk))
    events = AuditEvent.objects.filter(action="study.exported", target=f"study:{made.study.pk}").order_by("id")
    assert [event.detail["file"] for event in events] == ["answers.csv", "results.json", "calls.csv"]


def test_files_are_not_cached(client, world):
    made, comparison = world
    client.force_login(made.investigator)
    for name in ("results", "export"):
        assert client.get(address(name, made.study.pk, comparison.pk))["Cache-Control"] == "no-store"
    assert Comparison.objects.count() == 1
