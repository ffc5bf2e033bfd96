"""The plan's numbers are those of the statistics library, and its words say what they mean."""

import csv
import io

import pytest

from readerstudy.refusal import Refused
from screening import planner
from screening.charts.planner import planner as figures_of
from screening.exports.safe import to_csv
from screening.planner import EXAMPLE, Wish, csv_rows, of_mix, plan, to_dict, words
from screening.statistics import Pilot, cases_needed
from screening.statistics.power import power

STUBBORN = Pilot(var_tr=0.01, var=0.001, cov1=0.0004, cov2=0.0003, cov3=0.0002, cases=100)  # readers differ wildly


@pytest.mark.parametrize("analysis", planner.ANALYSES)
def test_every_row_is_the_librarys_smallest_design(analysis):
    wish = Wish(pilot=EXAMPLE, measure="auc", effect=0.05, readers=5, cases=200, analysis=analysis)
    found = plan(wish)
    assert found.chosen == power(EXAMPLE, effect=0.05, readers=5, cases=200, analysis=analysis)
    assert [row.readers for row in found.rows] == list(planner.READERS_SHOWN)
    assert [row.readers for row in found.rows if row.cases is None] == ([] if analysis == "FRRC" else [2, 3])
    for row in found.rows:
        if row.cases is None:
            most = power(EXAMPLE, effect=0.05, readers=row.readers, cases=10**6, analysis=analysis)
            assert row.most_power == most.power < 0.8
            continue
        wanted = cases_needed(EXAMPLE, effect=0.05, readers=row.readers, analysis=analysis).cases
        assert row.cases == wanted
        assert row.with_syndrome == of_mix(wanted, 0.5)
        assert power(EXAMPLE, effect=0.05, readers=row.readers, cases=wanted, analysis=analysis).power >= 0.8
        assert row.power_as_planned == pytest.approx(
            power(EXAMPLE, effect=0.05, readers=row.readers, cases=200, analysis=analysis).power
        )
    assert [row.readers for row in found.rows if row.is_planned] == [5]


def test_an_unusual_number_of_readers_gets_a_row_of_its_own():
    found = plan(Wish(pilot=EXAMPLE, readers=11))
    assert 11 in [row.readers for row in found.rows]
    assert found.planned.readers == 11


def test_it_says_when_no_number_of_cases_is_enough():
    found = plan(Wish(pilot=STUBBORN, effect=0.05, readers=4, cases=300))
    assert found.planned.cases is None
    assert found.planned.most_power < 0.8
    assert found.fewest_readers is None
    said = " ".join(words(found))
    assert "no number of cases reaches 80 %" in said
    assert "More readers are needed, not more cases" in said
    assert "these very readers" in said
    assert "300 cases is not reached by 30 readers" in said


def test_the_first_sentence_is_the_power_in_words():
    found = plan(Wish(pilot=EXAMPLE, measure="sensitivity", effect=0.05, readers=5, cases=213, share=0.4))
    assert words(found)[0] == (
        "If the true difference is 5 points of sensitivity, a study with 5 readers and 213 cases (85 with a syndrome) "
        f"finds it with a power of {100 * found.chosen.power:.0f} %: in {100 * found.chosen.power:.0f} of 100 such "
        "studies p would be below 0.05."
    )


def test_leaving_out_readers_of_the_pilot_shows_how_far_the_plan_can_be_off():
    found = plan(Wish(pilot=EXAMPLE, readers=5), without_each_reader=(EXAMPLE, STUBBORN))
    assert found.reach == (found.planned.cases, None)
    assert "in 1 of 2 ways of leaving one out no number of cases" in words(found)[-1]
    lost = plan(Wish(pilot=EXAMPLE, readers=5), without_each_reader=(STUBBORN,))
    assert "no number of cases would be enough" in words(lost)[-1]


def test_components_without_variance_are_refused_in_a_sentence():
    with pytest.raises(Refused, match="no positive variance"):
        plan(Wish(pilot=Pilot(0, 0.001, 0.001, 0, 0, 10)))


def test_the_figures_draw_the_plans_own_numbers():
    found = plan(Wish(pilot=EXAMPLE, readers=6, cases=200))
    figures = figures_of(found)
    lines = {trace["name"]: trace for trace in figures["power"]["data"] if trace["mode"] == "lines"}
    assert set(lines) == {"Wanted: 80%", "3 readers", "6 readers", "9 readers", "12 readers"}
    for x, y in list(zip(lines["6 readers"]["x"], lines["6 readers"]["y"], strict=True))[::7]:
        assert y == pytest.approx(power(EXAMPLE, effect=0.05, readers=6, cases=x).power)
    (fewest, planned) = figures["fewest"]["data"]
    known = [row for row in found.rows if row.cases]
    assert (fewest["x"], fewest["y"]) == ([row.readers for row in known], [row.cases for row in known])
    assert (planned["x"], planned["y"]) == ([6], [200])


def test_a_plan_out_of_reach_still_has_figures():
    figures = figures_of(plan(Wish(pilot=STUBBORN, effect=0.02, readers=2)))
    assert figures["fewest"]["data"][0]["x"] == []
    assert figures["fewest"]["layout"]["annotations"][0]["text"].startswith("Out of reach")
    assert max(figures["power"]["data"][1]["y"]) < 0.8


def test_the_file_holds_the_plan_the_table_and_the_curves():
    found = plan(Wish(pilot=EXAMPLE, readers=5, cases=200, share=0.25))
    lines = list(csv.DictReader(io.StringIO(to_csv(planner.CSV_HEADER, csv_rows(found)).lstrip("\ufeff"))))
    assert lines[0]["kind"] == "planned"
    assert float(lines[0]["power"]) == pytest.approx(found.chosen.power)
    assert lines[0]["cases_with_syndrome"] == "50"
    table = [line for line in lines if line["kind"] == "fewest cases"]
    assert [line["cases"] for line in table] == [str(row.cases or "") for row in found.rows]
    assert [int(line["readers"]) for line in table] == [row.readers for row in found.rows]
    assert sum(line["kind"] == "curve" for line in lines) > 200


def test_the_plain_form_is_json_without_infinities():
    import json

    found = to_dict(plan(Wish(pilot=EXAMPLE, analysis="FRRC")))
    assert found["df"] is None
    json.dumps(found, allow_nan=False)
