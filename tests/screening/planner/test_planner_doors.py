"""Who may plan, what the page says, and the same through the API."""

import csv
import io

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from readerstudy.reading.models import Call, ReadingSession, Trial
from readerstudy.studies.models import Reader
from screening import tables
from screening.analysis.options import Options
from screening.pilots import learn, sources
from screening.planner import EXAMPLE
from screening.services import compare
from screening.statistics import cases_needed, pilot_study
from screening.statistics.power import power
from tests.screening.app import paperlike
from tests.screening.app.paperlike import build

TYPED = {"var_tr": 0.0002, "var": 0.0008, "cov1": 0.00035, "cov2": 0.00034, "cov3": 0.00024, "pilot_cases": 114}


@pytest.fixture
def cast(world, make_user):
    reader = make_user("Rosa Reader")
    Reader.objects.create(study=world.study, user=reader, code="SP 9")
    return {
        "investigator": world.investigator,
        "coordinator": world.coordinator,
        "reader": reader,
        "stranger": make_user("Sam Stranger"),
        "neighbour": build(name="Next door", n=60, readers=False).investigator,
    }


PLANNERS = {"investigator": 200, "coordinator": 200, "reader": 403, "stranger": 404, "neighbour": 200}
OF_THE_STUDY = {"investigator": 200, "coordinator": 403, "reader": 403, "stranger": 404, "neighbour": 404}


def doors(study, comparison):
    query = "?" + "&".join(f"{name}={value}" for name, value in TYPED.items())
    return [
        (reverse("screening:planner"), PLANNERS, 302),
        (reverse("screening:planner_csv") + query, PLANNERS, 302),
        (reverse("screening:study_planner", args=[study.pk]), OF_THE_STUDY, 302),
        ("/api/v1/planner/" + query, PLANNERS, 401),
        (f"/api/v1/studies/{study.pk}/planner/", OF_THE_STUDY, 401),
    ]


def test_every_door_opens_for_those_who_plan(client, world, comparison, cast):
    for path, expected, nobody in doors(world.study, comparison):
        client.logout()
        assert client.get(path).status_code in (nobody, 403), path
        for who, user in cast.items():
            client.force_login(user)
            assert client.get(path).status_code == expected[who], (who, path)
            assert client.post(path).status_code in (403, 404, 405), (who, path)


def test_the_empty_planner_answers_with_an_example_that_says_so(client, world):
    client.force_login(world.coordinator)
    page = client.get(reverse("screening:planner")).content.decode()
    assert "Van Dyke et al. 1993" in page
    wanted = power(EXAMPLE, effect=0.05, readers=5, cases=200).power
    assert f"finds it with a power of {100 * wanted:.0f} %" in page
    assert "from the pilot" not in page


def test_a_typed_plan_shows_the_librarys_numbers(client, world):
    client.force_login(world.investigator)
    wish = TYPED | {"measure": "auc", "effect": 4, "readers": 7, "cases": 150, "share": 30, "target": 90, "alpha": 0.05}
    response = client.get(reverse("screening:planner"), wish | {"analysis": "RRRC"})
    found = response.context["plan"]
    assert found.planned.cases == cases_needed(EXAMPLE, effect=0.04, readers=7, target=0.9).cases
    assert found.with_syndrome == 45
    assert "Van Dyke" not in response.content.decode()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"effect": "0"}, "greater than or equal to 0.1"),
        ({"effect": "nan"}, "Enter a number"),
        ({"readers": "1"}, "greater than or equal to 2"),
        ({"cases": "99999999999"}, "less than or equal to 1000000"),
        ({"analysis": "ALL"}, "not one of the available choices"),
        ({"var": "0"}, "An error variance is more than zero"),
        ({"cov2": "0.5"}, "not larger than the error variance"),
        ({"var": "0.001", "cov1": "0.001", "cov2": "0", "cov3": "0", "var_tr": "0"}, "no positive variance"),
    ],
)
def test_an_impossible_wish_is_refused_beside_its_field(client, world, wish, sentence):
    client.force_login(world.investigator)
    response = client.get(reverse("screening:planner"), TYPED | wish)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert "The answer" not in response.content.decode()
    assert client.get(reverse("screening:planner_csv"), TYPED | wish).status_code == 404


def test_the_file_is_the_plan_of_the_page(client, world, comparison):
    client.force_login(world.investigator)
    page = client.get(reverse("screening:study_planner", args=[world.study.pk]))
    file = client.get(reverse("screening:planner_csv") + "?" + page.context["query"])
    lines = list(csv.DictReader(io.StringIO(file.content.decode().lstrip("\ufeff"))))
    fewest = {int(line["readers"]): line["cases"] for line in lines if line["kind"] == "fewest cases"}
    assert fewest == {row.readers: str(row.cases or "") for row in page.context["plan"].rows}
    assert file["Content-Disposition"] == 'attachment; filename="plan.csv"'


def test_a_study_plans_from_its_own_comparison(client, world, comparison):
    client.force_login(world.investigator)
    response = client.get(reverse("screening:study_planner", args=[world.study.pk]), {"measure": "specificity"})
    rows = comparison.result["rows"]
    calls, model = np.array(rows["calls"], float), np.array(rows["model_call"], float)
    wanted = pilot_study(
        np.array(rows["truth"]), np.stack([calls, np.broadcast_to(model, calls.shape)]), metric="specificity"
    )
    learned = response.context["learned"]
    assert learned.study == wanted
    assert response.context["is_own"]
    found = response.context["plan"]
    assert found.wish.pilot.var == pytest.approx(wanted.pilot.var, rel=1e-7)
    assert len(found.reach) == 5
    page = response.content.decode()
    assert "Variance components: from the pilot" in page
    assert "one of the pilot&#x27;s readers" in page or "had any one of them not taken part" in page
    assert "simulated: their spread says nothing of physicians" in page


def test_changed_components_are_no_longer_the_pilots(client, world, comparison):
    client.force_login(world.investigator)
    path = reverse("screening:study_planner", args=[world.study.pk])
    first = client.get(path).context["form"].data
    again = client.get(path, first)
    assert again.context["is_own"]
    changed = client.get(path, first | {"var": "0.01"})
    assert not changed.context["is_own"]
    assert changed.context["plan"].reach == ()
    assert "Variance components: typed" in changed.content.decode()


def test_an_auc_without_confidences_is_refused_in_a_sentence(client, world, comparison):
    client.force_login(world.investigator)
    has_confidence = not np.isnan(np.array(comparison.result["rows"]["confidence"], float)).any()
    page = client.get(reverse("screening:study_planner", args=[world.study.pk]), {"measure": "auc"}).content.decode()
    assert ("needs a confidence with every call" in page) != has_confidence


@pytest.mark.parametrize("query", [{"pilot": "comparison-99999"}, {"pilot": "aided"}, {"measure": "luck"}])
def test_a_pilot_or_measure_that_is_not_there_does_not_exist(client, world, comparison, query):
    client.force_login(world.investigator)
    assert client.get(reverse("screening:study_planner", args=[world.study.pk]), query).status_code == 404
    assert client.get(f"/api/v1/studies/{world.study.pk}/planner/", query).status_code in (400, 404)


def test_a_neighbours_comparison_is_no_pilot(client, world, comparison, make_user):
    other = build(name="Next door", n=60)
    client.force_login(other.investigator)
    path = reverse("screening:study_planner", args=[other.study.pk])
    assert client.get(path, {"pilot": f"comparison-{comparison.pk}"}).status_code == 404


def test_a_study_without_results_says_where_to_begin(client, world):
    client.force_login(world.investigator)
    response = client.get(reverse("screening:study_planner", args=[world.study.pk]))
    assert response.status_code == 200
    assert "Nothing in this study can serve as a pilot yet" in response.content.decode()
    answer = client.get(f"/api/v1/studies/{world.study.pk}/planner/")
    assert answer.status_code == 400
    assert "no pilot yet" in answer.json()["detail"]


def test_the_api_gives_the_pages_numbers(client, world, comparison):
    client.force_login(world.investigator)
    page = client.get(reverse("screening:study_planner", args=[world.study.pk])).context["plan"]
    answer = client.get(f"/api/v1/studies/{world.study.pk}/planner/").json()
    assert answer["power"] == pytest.approx(page.chosen.power, rel=1e-6)
    assert [row["cases"] for row in answer["table"]] == [row.cases for row in page.rows]
    assert answer["pilot"] == f"comparison-{comparison.pk}"
    assert answer["cautions"]
    typed = client.get("/api/v1/planner/", TYPED | {"readers": 5, "cases": 213}).json()
    assert typed["power"] == pytest.approx(power(EXAMPLE, effect=0.05, readers=5, cases=213).power)
    refused = client.get("/api/v1/planner/", TYPED | {"var": 0.00035, "cov2": 0, "cov3": 0, "var_tr": 0})
    assert refused.status_code == 400
    assert "no positive variance" in refused.json()["detail"]


def read_with_help(study, decide):
    """Every reader once more with the model's output in view; ``decide`` says what becomes of each call."""
    for reader in study.readers.all():
        alone = Call.objects.filter(trial__session__reader=reader).order_by("trial__position")
        session = ReadingSession.objects.create(
            reader=reader, protocol=study.protocols.get(), seed=2, occasion=2, arm="aided", started_at=timezone.now()
        )
        for call in alone.select_related("trial"):
            trial = Trial.objects.create(session=session, case=call.trial.case, position=call.trial.position)
            given = {"stage": "aided", "is_gs": decide(reader, call), "confidence": 3, "input": "key"}
            Call.objects.create(trial=trial, idempotency_key=trial.token, **given)


def test_a_study_plans_from_its_readings_with_and_without_help(client, world):
    read_with_help(world.study, lambda reader, call: call.is_gs or (call.trial.position + reader.pk) % 3 == 0)
    (source,) = sources(world.study)
    assert source.key == "aided"
    alone, helped = tables.read(study=world.study, run=None), tables.read(study=world.study, run=None, stage="aided")
    found = learn(world.study, source, "sensitivity").study
    assert found == pilot_study(alone.truth, np.stack([helped.calls, alone.calls]), metric="sensitivity")
    assert found.difference > 0  # whoever says GS more often misses fewer
    assert learn(world.study, source, "auc").study.metric == "auc"
    client.force_login(world.investigator)
    page = client.get(reverse("screening:study_planner", args=[world.study.pk])).content.decode()
    assert "Readers with and without the model&#x27;s output" in page
    assert "(with it minus without it)" in page


def test_a_pilot_of_one_reader_is_refused(db, client, monkeypatch):
    monkeypatch.setattr(paperlike, "CODES", {"SP1": "SP 1"})
    alone = build(n=60)
    compare(study=alone.study, run=alone.run, options=Options(replicates=200), by=alone.investigator)
    client.force_login(alone.investigator)
    page = client.get(reverse("screening:study_planner", args=[alone.study.pk]))
    assert page.status_code == 200
    assert "This pilot is too small" in page.content.decode()
    answer = client.get(f"/api/v1/studies/{alone.study.pk}/planner/")
    assert (answer.status_code, "too small" in answer.json()["detail"]) == (400, True)


def test_the_links_are_where_people_plan(client, world, comparison):
    client.force_login(world.investigator)
    assert reverse("screening:planner") in client.get("/analysis/").content.decode()
    study = client.get(reverse("screening:study", args=[world.study.pk])).content.decode()
    assert reverse("screening:study_planner", args=[world.study.pk]) in study
