"""The sections' numbers are those of the statistics library on the same rows, and of the golden files."""

import json

import numpy as np
import pytest

from screening import statistics
from screening.analysis.agreement import strength
from screening.analysis.model import model_calls
from screening.analysis.subgroups import REST, SMALL
from screening.analysis.verdicts import margin_says, verdict_words
from screening.statistics import to_plain
from screening.statistics.intervals import proportion
from tests.screening.app.paperlike import GOLDEN

pytestmark = pytest.mark.django_db  # the shared result is made in the database, also where these tests run alone
DRAWN = {"level": 0.95, "replicates": 200, "seed": 20_210_803}


def close(ours, theirs):
    """Equal, number by number, whatever the depth."""
    if isinstance(theirs, dict):
        assert {name: ours[name] for name in theirs}.keys() == theirs.keys()
        for name, value in theirs.items():
            close(ours[name], value)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    else:
        assert ours == theirs


def entry_of(result, **wanted):
    (found,) = [e for e in result["subgroups"]["entries"] if all(e[name] == value for name, value in wanted.items())]
    return found


def test_agreement_of_all_readers_is_that_of_the_library_and_of_r(rich, result, rich_table):
    group, calls = rich["agreement"]["group"], rich_table.calls
    close(group["fleiss"], to_plain(statistics.fleiss_kappa(calls.astype(int), **DRAWN)))
    close(group["ac1"], to_plain(statistics.gwet_ac1(calls.astype(int), **DRAWN)))
    close(group["alpha"], to_plain(statistics.krippendorff_alpha(calls, pairs="krippendorff", **DRAWN)))
    r = json.loads((GOLDEN / "expected" / "paperlike_reads_stats.json").read_text())["agreement_five_readers"]
    golden = result["agreement"]["group"]
    assert golden["fleiss"]["value"] == pytest.approx(r["fleiss"]["value"], abs=1e-12)
    assert 100 * golden["all_agree"]["value"] == pytest.approx(r["percent_agreement"], abs=1e-9)
    pairs = [pair["kappa"]["value"] for pair in result["agreement"]["pairs"] if pair["b"] != "Model"]
    assert np.mean(pairs) == pytest.approx(r["light"], abs=1e-12)  # Light's kappa is the mean of the pairs


def test_every_pair_has_cohens_kappa_and_the_model_is_the_last(rich, rich_table):
    pairs = {(pair["a"], pair["b"]): pair for pair in rich["agreement"]["pairs"]}
    assert len(pairs) == 15
    one, two, model = rich_table.calls[0], rich_table.calls[3], model_calls(rich_table).astype(float)
    close(pairs["SP 1", "JP 2"]["kappa"], to_plain(statistics.cohen_kappa(one, two)))
    close(pairs["SP 1", "Model"]["kappa"], to_plain(statistics.cohen_kappa(one, model)))
    same = int((one == two).sum())
    close(pairs["SP 1", "JP 2"]["percent"], to_plain(proportion(same, 456, level=0.95)))


def test_a_reader_against_the_planned_second_look(rich, rich_table):
    mine = [one for one in rich_table.recorded.repeats if one.reader == 4]
    first = np.array([rich_table.calls[4, one.case] for one in mine])
    second = np.array([one.call for one in mine])
    truth = np.array([rich_table.truth[one.case] for one in mine])
    entry = rich["agreement"]["within"][4]
    assert (entry["code"], entry["n"]) == ("JP 3", 40)
    close(entry["kappa"], to_plain(statistics.cohen_kappa(first, second)))
    assert entry["to_wrong"] == sum((first == truth) & (second != truth))
    assert entry["agree"] == 40 - entry["to_right"] - entry["to_wrong"]


@pytest.mark.parametrize(
    ("kappa", "word"),
    [(-0.1, "worse than chance"), (0.0, "slight"), (0.21, "fair"), (0.6, "substantial"), (0.9, "almost perfect")],
)
def test_landis_and_kochs_words(kappa, word):
    assert strength(kappa) == word


def test_the_aided_differences_are_those_of_obuchowski_and_rockette(rich, rich_table):
    aided, calls, truth = rich_table.recorded.aided, rich_table.calls, rich_table.truth
    both = np.stack([aided.calls, calls])
    for metric in ("sensitivity", "specificity", "balanced_accuracy"):
        theirs = statistics.obuchowski_rockette(truth, both, metric=metric)
        ours = rich["aided"]["all"]["tests"][metric]
        for kind, analysis in (("random", theirs.rrrc), ("fixed", theirs.frrc)):
            one = analysis.differences[0]
            for name in ("difference", "lower", "upper", "p_value"):
                close(ours[kind][name], getattr(one, name))
    ratings = [
        np.where(c == 1, 1, -1) * (s + 1) for c, s in ((aided.calls, aided.confidence), (calls, rich_table.confidence))
    ]
    theirs = statistics.obuchowski_rockette(truth, np.stack(ratings), metric="auc")
    close(rich["aided"]["all"]["tests"]["auc"]["random"]["p_value"], theirs.rrrc.p_value)


def test_the_aided_reader_by_reader_with_the_changed_calls(rich, rich_table):
    entry, truth = rich["aided"]["readers"][2], rich_table.truth
    alone, helped = rich_table.calls[2], rich_table.recorded.aided.calls[2]
    to_right = int(np.sum(truth & (alone == 0) & (helped == 1)))
    to_wrong = int(np.sum(truth & (alone == 1) & (helped == 0)))
    assert (entry["changed"]["sensitivity"]["b"], entry["changed"]["sensitivity"]["c"]) == (to_right, to_wrong)
    close(entry["changed"]["sensitivity"]["exact_p"], statistics.mcnemar(to_right, to_wrong).exact_p)
    change = entry["differences"]["sensitivity"]
    assert change["difference"] == pytest.approx((to_right - to_wrong) / 228)
    assert change["lower"] < change["difference"] < change["upper"]
    area = statistics.delong_test(
        truth, *(np.where(c == 1, 1, -1) * (s + 1) for c, s in _stages(rich_table, 2)), level=0.95
    )
    assert entry["auc"]["difference"] == pytest.approx(area.difference)
    raw = [reader["changed"]["specificity"]["exact_p"] for reader in rich["aided"]["readers"]]
    adjusted = [reader["holm"]["specificity"] for reader in rich["aided"]["readers"]]
    assert adjusted == pytest.approx(statistics.holm(raw).adjusted)


def _stages(table, row):
    aided = table.recorded.aided
    return (aided.calls[row], aided.confidence[row]), (table.calls[row], table.confidence[row])


def test_a_study_with_one_arm_has_no_aided_section(result):
    assert result["aided"] is None
    assert result["words"]["aided"] == ""


def test_reading_time_of_right_and_wrong_calls(rich, rich_table):
    entry = rich["time"]["readers"][1]
    ms, right = rich_table.response_ms[1], rich_table.calls[1] == rich_table.truth
    assert entry["speed"]["median_wrong_ms"] == pytest.approx(np.median(ms[~right]))
    close(entry["speed"]["p_value"], statistics.mann_whitney(ms[~right], ms[right]).p_value)
    close(entry["speed"]["wrong_is_slower"], statistics.auc(~right, ms))
    fastest = np.argsort(ms)[:92]  # 456 in fifths: the first one holds 92
    assert entry["by_speed"][0]["n_right"] == right[fastest].sum()


def test_a_session_has_its_tenths_and_its_slope(rich, rich_table):
    entry = rich["time"]["readers"][0]
    order = np.argsort(rich_table.position[0])
    right = (rich_table.calls[0] == rich_table.truth)[order]
    assert [part["n"] for part in entry["by_part"]] == [46] * 6 + [45] * 4
    assert entry["by_part"][9]["n_right"] == right[-45:].sum()
    assert entry["by_part"][9]["median_ms"] == pytest.approx(np.median(rich_table.response_ms[0][order][-45:]))
    where = (np.sort(rich_table.position[0]) - 1) / 455
    close(entry["slopes"]["accuracy"], to_plain(statistics.slope(where, right.astype(float))))
    close(entry["slopes"]["time"], to_plain(statistics.slope(where, np.log(rich_table.response_ms[0][order]))))
    slopes = [reader["slopes"]["accuracy"]["value"] for reader in rich["time"]["readers"]]
    close(rich["time"]["slopes"]["accuracy"], to_plain(statistics.mean_over_readers(slopes)))
    assert "sooner at the end" in rich["words"]["time"]["session"]
    assert "Wrong calls took longer" in rich["words"]["time"]["speed"]


def test_the_exposures_are_described_by_the_library(rich, rich_table):
    entry = rich["exposure"]["readers"][4]
    close(entry["shown"], to_plain(statistics.summary(rich_table.shown_ms[4])))
    assert (entry["n_flagged"], entry["n_off"], entry["n_incidents"]) == (24, 12, 3)
    assert entry["flags"] == {"Shown … ms instead of … ms.": 12, "The page stood still for … ms.": 12}
    assert entry["incidents"] == {"blur": 3}
    assert entry["ended"] == {"complete": 456}


def test_the_sensitivity_analysis_is_the_comparison_made_the_other_way(rich, rich_clean):
    assert rich["flagged"]["n_flagged"] == rich_clean["flagged"]["n_flagged"] == 60
    assert (rich["flagged"]["primary"], rich_clean["flagged"]["primary"]) == ("all", "clean")
    assert rich["flagged"]["sides"] == rich_clean["flagged"]["sides"]
    for side, made in (("all", rich), ("clean", rich_clean)):
        for entry, reader in zip(rich["flagged"]["sides"][side]["readers"], made["readers"], strict=True):
            assert entry["n_read"] == reader["n_read"]
            assert entry["sensitivity"] == reader["rates"]["sensitivity"]
            assert entry["difference"] == reader["paired"]["sensitivity"]
        tests = rich["flagged"]["sides"][side]["population"]["tests"]
        assert tests == made["population"]["tests"]


def test_without_a_flagged_look_there_is_nothing_to_leave_out(result):
    assert result["flagged"] == {"n_flagged": 0, "sides": None}


@pytest.mark.parametrize("rate", ["sensitivity", "specificity"])
def test_the_line_of_all_cases_is_the_main_comparison(rich, rate):
    entry, test = entry_of(rich, column="All", rate=rate), rich["population"]["tests"][rate]
    for name in ("difference", "lower", "upper", "p_value"):
        ours = entry["difference"] if name == "difference" else entry["random"][name]
        assert ours == pytest.approx(test[name], abs=1e-12)
    assert entry["model"] == rich["model"]["rates"][rate]
    assert entry["readers"] == pytest.approx(rich["mean_reader"][rate]["mean"])
    assert not entry["is_tested"]


def test_a_subgroup_counts_its_own_cases(rich, rich_table):
    girls = np.array([sex == "F" for sex in rich_table.sex]) & ~rich_table.truth
    entry = entry_of(rich, group="girls", rate="specificity")
    right = (rich_table.calls == 0)[:, girls]
    assert entry["n"] == girls.sum()
    assert entry["readers"] == pytest.approx(right.mean())
    called = model_calls(rich_table)
    close(entry["model"], to_plain(proportion(int((~called)[girls].sum()), int(girls.sum()), level=0.95)))


def test_for_these_readers_the_interval_is_that_of_the_mean_difference_over_cases(rich, rich_table):
    """With readers fixed it is a paired difference of one number a case: its variance is that of a mean."""
    boys = np.array([sex == "M" for sex in rich_table.sex]) & rich_table.truth
    per_case = model_calls(rich_table)[boys] - rich_table.calls[:, boys].mean(axis=0)
    se = per_case.std(ddof=1) / np.sqrt(boys.sum())
    entry = entry_of(rich, group="boys", rate="sensitivity")
    assert entry["difference"] == pytest.approx(per_case.mean())
    assert entry["fixed"]["upper"] - entry["difference"] == pytest.approx(1.959964 * se, rel=1e-6)


def test_small_groups_are_marked_and_not_tested_and_holm_runs_over_the_others(rich):
    entries = rich["subgroups"]["entries"]
    small = [entry for entry in entries if entry["is_small"]]
    assert {entry["group"] for entry in small} == {"Kabuki", "Cornelia de Lange"}
    assert all(entry["n"] < SMALL and "holm" not in entry["fixed"] for entry in small)
    for kind in ("fixed", "random"):
        tested = [entry[kind] for entry in entries if entry["is_tested"]]
        assert len(tested) == rich["subgroups"]["n_tests"][kind]
        adjusted = statistics.holm([one["p_value"] for one in tested]).adjusted
        assert [one["holm"] for one in tested] == pytest.approx(adjusted)


def test_seniority_parts_the_readers_and_syndromes_have_no_specificity(rich):
    seniors = entry_of(rich, group="senior paediatrician", rate="sensitivity")
    assert (seniors["n"], seniors["n_readers"]) == (228, 2)
    mean = np.mean([reader["rates"]["sensitivity"]["value"] for reader in rich["readers"][:2]])
    assert seniors["readers"] == pytest.approx(mean)
    assert {entry["rate"] for entry in rich["subgroups"]["entries"] if entry["column"] == "Syndrome"} == {"sensitivity"}
    assert next(e["group"] for e in rich["subgroups"]["entries"] if e["column"] == "Age") == "under 1 year"


def test_many_rare_syndromes_stand_together(rich_table):
    from dataclasses import replace

    from screening.analysis.options import Options
    from screening.analysis.subgroups import subgroups_side

    names = [f"Syndrome {i}" if truth else "" for i, truth in enumerate(rich_table.truth)]
    found = subgroups_side(replace(rich_table, diagnosis=names), options=Options(replicates=200))
    groups = [entry["group"] for entry in found["entries"] if entry["column"] == "Syndrome"]
    assert len(groups) == 21
    assert groups[-1] == REST


def test_the_verdict_table_says_what_the_verdicts_say(rich, result):
    golden = json.loads((GOLDEN / "expected" / "proc_paperlike.json").read_text())["readers"]
    for row, reader, theirs in zip(result["verdicts"]["readers"], result["readers"], golden, strict=True):
        assert (row["rule_at_specificity"] != "none") == theirs["outside_ci_se"]
        assert (row["rule_at_sensitivity"] != "none") == theirs["outside_ci_sp"]
        assert row["test_at_specificity"] == reader["words"]["says"]
        assert row["disagrees"] == bool(reader["words"]["disagreement"])
        p, test = reader["mcnemar_holm"]["sensitivity"], reader["mcnemar"]["sensitivity"]
        assert row["mcnemar_gs"] == ("none" if p >= 0.05 else "model" if test["b"] > test["c"] else "reader")
        assert row["noninferiority"] == {"sensitivity": "", "specificity": ""}
    population = rich["population"]["tests"]["balanced_accuracy"]
    read = statistics.non_inferiority(population["difference"], population["lower"], population["upper"], margin=0.05)
    assert read.is_superior
    assert rich["verdicts"]["population"]["balanced_accuracy"] == "superior"


@pytest.mark.parametrize(
    ("lower", "upper", "says"),
    [(0.01, 0.1, "superior"), (-0.04, 0.1, "non-inferior"), (-0.1, 0.1, "not shown"), (-0.2, -0.06, "inferior")],
)
def test_an_interval_against_the_margin(lower, upper, says):
    difference = {"difference": (lower + upper) / 2, "lower": lower, "upper": upper}
    assert margin_says(difference, 0.05) == says
    assert margin_says(difference, None) == ""


def test_a_disagreement_of_rule_and_test_is_named():
    row = {"code": "SP 1", "test_at_specificity": "none", "disagrees": True}
    words = verdict_words({"readers": [row, row | {"code": "JP 1", "disagrees": False}]}, by="specificity")
    assert "disagrees with the test on SP 1:" in words
    assert "for 2 of 2 readers no difference is shown" in words
