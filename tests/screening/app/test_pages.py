"""What the pages say."""

import pytest

from readerstudy.studies.models import Membership, Study
from readerstudy.studies.services.studies import close_study
from screening.analysis.cases import FILTERS, cases
from screening.analysis.options import Options
from screening.services import compare
from tests.screening.app.paperlike import build, read_all
from tests.screening.app.test_tables import finished_run
from training.models import State


@pytest.fixture
def world(db):
    return build(n=90, status="open", kind="phantom")


@pytest.fixture
def made(world):
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def desk(client, world):
    client.force_login(world.investigator)
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_names_what_can_be_compared(desk, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = text(desk.get("/analysis/"))
    assert world.study.name in page
    assert "digital phantom" in page
    assert f'href="/analysis/{world.study.pk}/"' in page


def test_the_list_does_not_ask_more_with_more_studies(desk, world, django_assert_max_num_queries):
    for i in range(5):
        study = Study.objects.create(cohort=world.study.cohort, name=f"More {i}", created_by=world.coordinator)
        Membership.objects.create(study=study, user=world.investigator, role="investigator")
    with django_assert_max_num_queries(12):
        desk.get("/analysis/")


def test_an_empty_desk_says_what_to_do(client, stranger):
    client.force_login(stranger)
    assert "A coordinator adds you" in text(client.get("/analysis/"))


def test_a_study_without_a_finished_run_points_to_the_training_desk(desk, world):
    world.run.state = State.RUNNING
    world.run.save()
    page = text(desk.get(f"/analysis/{world.study.pk}/"))
    assert "under way" in page
    assert 'href="/training/"' in page
    assert "<button" not in page.split("<main")[1].split("</main")[0]


def test_making_a_comparison_leads_to_its_page_and_again_to_the_same(desk, world):
    form = {"run": world.run.pk, "replicates": 200, "level": 0.95, "by": "specificity", "seed": 1}
    first = desk.post(f"/analysis/{world.study.pk}/", form)
    assert first.status_code == 302
    assert desk.post(f"/analysis/{world.study.pk}/", form)["Location"] == first["Location"]
    assert "Readers against the model" in text(desk.get(first["Location"]))
    assert "interim" in text(desk.get(f"/analysis/{world.study.pk}/"))


def test_a_refusal_is_a_sentence_on_the_form(client, db):
    world = build(n=60, readers=False)
    client.force_login(world.investigator)
    form = {"run": world.run.pk, "replicates": 200, "level": 0.95, "by": "specificity", "seed": 1}
    response = client.post(f"/analysis/{world.study.pk}/", form)
    assert response.status_code == 400
    assert "No reader has called a case yet" in response.content.decode()


def test_a_run_of_another_cohort_is_no_choice(desk, world):
    other = build(name="Other", n=60, readers=False)
    form = {"run": other.run.pk, "replicates": 200, "level": 0.95, "by": "specificity", "seed": 1}
    assert desk.post(f"/analysis/{world.study.pk}/", form).status_code == 400


def test_the_page_shows_every_number_of_table_2_and_every_verdict(desk, world, made):
    page = text(desk.get(f"/analysis/{world.study.pk}/{made.pk}/"))
    for reader in made.result["readers"]:
        assert reader["code"] in page
        for name in ("accuracy", "sensitivity", "specificity", "precision", "f1"):
            assert f"{reader['rates'][name]['value']:.4f}" in page
        assert reader["words"]["headline"] in page
    for name, summary in made.result["model"]["over_folds"].items():
        assert f"{summary['mean']:.4f}" in page, name
        assert f"± {summary['sd']:.4f}" in page, name
    assert f"{made.result['model']['auc']['bootstrap']['value']:.3f}" in page


@pytest.mark.parametrize("tail", ["", "report/", "cases/"])
def test_simulated_phantom_and_interim_stand_on_every_page(desk, world, made, tail):
    page = text(desk.get(f"/analysis/{world.study.pk}/{made.pk}/{tail}"))
    assert "digital phantom" in page
    assert "simulated readers" in page
    assert "the reading is still open" in page


def test_the_page_loads_plotly_from_here(desk, world, made):
    page = text(desk.get(f"/analysis/{world.study.pk}/{made.pk}/"))
    assert 'src="/static/plotly/plotly.min.js"' in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_stored_comparison_is_shown_with_few_queries(desk, world, made, django_assert_max_num_queries):
    for tail in ("", "report/", "cases/", "calls.csv", "results.json"):
        with django_assert_max_num_queries(12):
            assert desk.get(f"/analysis/{world.study.pk}/{made.pk}/{tail}").status_code == 200


def test_the_page_does_not_change_when_more_is_read(desk, world, made):
    before = desk.get(f"/analysis/{world.study.pk}/{made.pk}/calls.csv").content
    world.study.readers.first().sessions.get().trials.all().delete()
    assert desk.get(f"/analysis/{world.study.pk}/{made.pk}/calls.csv").content == before


def test_the_hardest_cases_stand_first(made):
    listed = cases(made.result)
    assert len(listed) == 90
    shares = [case["share_wrong"] for case in listed]
    assert shares == sorted(shares, reverse=True)
    first = listed[0]
    assert first["n_wrong"] == sum(call["is_right"] is False for call in first["calls"])


def test_the_selections_are_what_they_say(made):
    chosen = {show: cases(made.result, show=show) for show in FILTERS}
    assert all(case["share_wrong"] > 0.5 and case["is_model_right"] for case in chosen["readers-missed"])
    assert all(case["share_wrong"] < 0.5 and not case["is_model_right"] for case in chosen["model-missed"])
    assert all(case["share_wrong"] > 0.5 and not case["is_model_right"] for case in chosen["all-missed"])
    assert all(case["truth"] and case["share_wrong"] > 0.5 for case in chosen["gs-missed"])
    parts = {case["number"] for show in ("readers-missed", "model-missed", "all-missed") for case in chosen[show]}
    for case in chosen["all"]:
        left_out = case["is_model_right"] and case["share_wrong"] < 0.5
        assert (case["number"] in parts) != left_out


def test_an_unknown_selection_does_not_exist(desk, world, made):
    assert desk.get(f"/analysis/{world.study.pk}/{made.pk}/cases/?show=nothing").status_code == 404
    assert desk.get(f"/analysis/{world.study.pk}/{made.pk}/secrets.csv").status_code == 404


def test_investigators_see_the_face_where_there_is_one(client, study, investigator, reader_user):
    run = finished_run(study, investigator)
    read_all(study.readers.get(), [(case, case.number % 3 == 0) for case in study.cases.all()])
    study = close_study(study=study, by=study.created_by)
    made = compare(study=study, run=run, options=Options(replicates=200), by=investigator)
    client.force_login(investigator)
    page = text(client.get(f"/analysis/{study.pk}/{made.pk}/cases/"))
    photo = study.cases.first().photo
    path = f"/cohorts/{study.cohort_id}/photos/{photo.pk}/crop/"
    assert f'src="{path}"' in page
    assert client.get(path).status_code == 200


def test_the_api_makes_reads_and_hands_out_the_rows(desk, world):
    body = {"study": world.study.pk, "run": world.run.pk, "replicates": 200}
    first = desk.post("/api/v1/comparisons/", body, content_type="application/json")
    again = desk.post("/api/v1/comparisons/", body, content_type="application/json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    pk = first.json()["id"]
    assert desk.get(f"/api/v1/comparisons/{pk}/").json()["result"]["cases"]["n"] == 90
    assert "rows" not in first.json()["result"]
    data = desk.get(f"/api/v1/comparisons/{pk}/data/").json()
    assert data["readers"] == ["SP 1", "SP 2", "JP 1", "JP 2", "JP 3"]
    assert len(data["rows"]["truth"]) == len(data["rows"]["calls"][0]) == 90
    assert [row["id"] for row in desk.get(f"/api/v1/comparisons/?study={world.study.pk}").json()["results"]] == [pk]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"replicates": 7}, 400),
        ({"by": "x"}, 400),
        ({"run": 999_999}, 404),
        ({"study": "a"}, 400),
        ({"margin": 9}, 400),
    ],
)
def test_the_api_refuses_with_a_sentence(desk, world, change, status):
    body = {"study": world.study.pk, "run": world.run.pk} | change
    response = desk.post("/api/v1/comparisons/", body, content_type="application/json")
    assert response.status_code == status
    assert response.json()


def test_the_api_is_in_the_schema(desk):
    schema = desk.get("/api/v1/schema/").content.decode()
    for path in ("/api/v1/comparisons/:", "/api/v1/comparisons/{id}/:", "/api/v1/comparisons/{id}/data/:"):
        assert path in schema
