"""The threshold explorer: its numbers are the library's, at every threshold and any prevalence."""

import json
import re

import numpy as np
import pytest

from screening import statistics
from screening.analysis.explorer import at, calibration, points
from screening.analysis.options import Options
from screening.explorer import calibrated_of, prevalence_of
from screening.services import compare
from screening.statistics.rates import rates
from tests.screening.app.paperlike import build
from training.models import Prediction


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


def columns_of(result):
    return np.array(result["rows"]["truth"]), np.array(result["rows"]["score"])


def test_each_point_is_the_fourfold_table_at_its_threshold(result):
    truth, score = columns_of(result)
    found = points(result)
    assert found["thresholds"][0] == "-inf"
    assert found["thresholds"][-1] == "inf"
    for k in range(1, len(found["thresholds"]) - 1, 17):
        table = statistics.rates_at_threshold(truth, score, found["thresholds"][k])
        column = {name: values[k] for name, values in found["columns"].items()}
        assert [column[name] for name in ("tp", "fn", "tn", "fp")] == [table.tp, table.fn, table.tn, table.fp]
        wanted = rates(table)
        for name in ("sensitivity", "specificity"):
            one = getattr(wanted, name)
            got = [column[name], column[f"{name}_lower"], column[f"{name}_upper"]]
            assert got == pytest.approx([one.value, one.lower, one.upper], rel=1e-6)


def test_the_marks_are_the_folds_thresholds_and_the_best_of_these_cases(result):
    truth, score = columns_of(result)
    found = points(result)
    folds = [mark for mark in found["marks"] if mark["kind"] == "fold"]
    assert [mark["threshold"] for mark in folds] == [fold["threshold"] for fold in result["model"]["folds"]]
    counts = [found["columns"][name][folds[0]["place"]] for name in ("tp", "fp")]
    assert counts == [result["model"]["confusion"]["tp"], result["model"]["confusion"]["fp"]]  # all at 0.5
    youden = next(mark for mark in found["marks"] if mark["kind"] == "youden")
    best = statistics.best_threshold(truth, score, tolerance=1e-12)  # 193 + 212 is 199 + 206
    assert found["columns"]["sensitivity"][youden["place"]] == pytest.approx(best.sensitivity[0])
    for kind, name, step in (("sensitive", "sensitivity", 1), ("specific", "specificity", -1)):
        place = next(mark["place"] for mark in found["marks"] if mark["kind"] == kind)
        assert found["columns"][name][place] >= 0.95 > found["columns"][name][place + step]


def test_at_a_prevalence_every_column_is_the_librarys(result):
    found, carried = points(result), at(result, None, one_in=4000)
    tables = {name: found["columns"][name] for name in ("tp", "fn", "tn", "fp")}
    wanted = statistics.at_prevalence(**tables, prevalence=1 / 4000)
    for name in ("ppv", "npv", "needed_to_screen"):
        series = getattr(wanted, name)
        for part, values in (("", series.value), ("_lower", series.lower), ("_upper", series.upper)):
            got = [float("inf") if v == "inf" else np.nan if v is None else v for v in carried["columns"][name + part]]
            assert got == pytest.approx(values.tolist(), rel=1e-6, nan_ok=True)
    json.dumps([found, carried], allow_nan=False)


def test_model_and_readers_stand_beside_each_other(result):
    carried = at(result, None, one_in=100)
    assert [row["code"] for row in carried["rows"][1:]] == [reader["code"] for reader in result["readers"]]
    own = result["model"]["confusion"]
    wanted = statistics.at_prevalence(own["tp"], own["fn"], own["tn"], own["fp"], prevalence=0.01)
    assert carried["rows"][0]["ppv"][0] == pytest.approx(float(wanted.ppv.value[0]))
    reader, curve = result["readers"][0], carried["decision"]
    place = 40
    weight = curve["threshold"][place] / (1 - curve["threshold"][place]) * 99
    rates_ = reader["rates"]
    wanted_benefit = rates_["sensitivity"]["value"] - weight * (1 - rates_["specificity"]["value"])
    assert curve["readers"][0]["benefit"][place] == pytest.approx(wanted_benefit)


def test_calibration_is_of_the_calibrated_probabilities(result):
    truth, score = columns_of(result)
    raw = calibration(result, None)
    assert not raw["is_calibrated"]
    assert raw["brier"]["score"] == pytest.approx(statistics.brier_score(truth, score).score)
    tempered = 0.9 * score + 0.05
    found = calibration(result, tempered)
    assert found["is_calibrated"]
    assert found["brier"]["score"] == pytest.approx(statistics.brier_score(truth, tempered).score)
    line = statistics.calibration_line(truth, tempered)
    assert found["line"]["slope"]["value"] == pytest.approx(line.slope.value)


def test_scores_of_0_and_1_and_separated_classes_break_nothing(result):
    truth, _ = columns_of(result)
    found = calibration(result, truth.astype(float))
    assert found["line"]["slope"]["value"] is None
    assert found["brier"]["score"] == 0
    assert calibration(result, np.full(truth.size, 0.5))["line"] is None


def test_probabilities_come_from_the_run_in_the_comparisons_order(made):
    assert calibrated_of(made) is None
    for row in Prediction.objects.filter(run=made.run):
        row.calibrated = row.score / 2
        row.save()
    assert calibrated_of(made).tolist() == [score / 2 for score in made.result["rows"]["score"]]
    Prediction.objects.filter(photo=made.result["rows"]["photo"][3]).update(calibrated=None)
    assert calibrated_of(made) is None


def test_the_page_is_linked_and_holds_its_data(desk, made):
    place = f"/analysis/{made.study_id}/{made.pk}/"
    assert f'href="{place}explorer/"' in desk.get(place).content.decode()
    page = desk.get(f"{place}explorer/?one_in=30").content.decode()
    held = json.loads(re.search(r'<script id="explorer-data" type="application/json">(.*?)</script>', page)[1])
    assert held["at"]["one_in"] == 30
    assert held["points"]["columns"]["tp"][0] == made.result["cases"]["n_gs"]
    assert "digital phantom" in page
    assert desk.get(f"{place}explorer/?one_in=nonsense").status_code == 200


def test_the_page_asks_for_another_prevalence_and_hears_why_it_is_none(desk, made):
    place = f"/analysis/{made.study_id}/{made.pk}/explorer/table.json"
    assert desk.get(f"{place}?one_in=250").json()["prevalence"] == 1 / 250
    for wish in ("1", "0", "-3", "nan", "inf", "x", "1e9"):
        answer = desk.get(f"{place}?one_in={wish}")
        assert answer.status_code == 400, wish
        assert "one in 1.02 to one in 1,000,000" in answer.json()["detail"]
    assert prevalence_of(None) == 1000


def test_the_api_gives_the_same(desk, made):
    body = desk.get(f"/api/v1/comparisons/{made.pk}/explorer/?one_in=250").json()
    assert body["at"] == desk.get(f"/analysis/{made.study_id}/{made.pk}/explorer/table.json?one_in=250").json()
    assert body["points"] == points(made.result)
    assert desk.get(f"/api/v1/comparisons/{made.pk}/explorer/?one_in=0").status_code == 400
