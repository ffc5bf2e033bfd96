"""From rows to result: the whole path must give what pROC, R and the paper give for the same data."""

import json
from typing import Any

import pytest

from tests.screening.app.paperlike import CODES, GOLDEN

pytestmark = pytest.mark.django_db  # the shared result is made in the database, also where these tests run alone


def expected(name: str) -> Any:
    return json.loads((GOLDEN / "expected" / name).read_text())


def test_auc_and_intervals_are_those_of_proc(result):
    curve = expected("proc_paperlike.json")["curve"]
    auc = result["model"]["auc"]
    assert auc["delong"]["value"] == pytest.approx(curve["auc"], abs=1e-9)
    assert [auc["delong"]["lower"], auc["delong"]["value"], auc["delong"]["upper"]] == pytest.approx(
        curve["auc_delong"]["ci95"], abs=1e-9
    )
    drawn = curve["auc_bootstrap"]
    for limit in ("lower", "upper"):
        assert auc["bootstrap"][limit] == pytest.approx(drawn[limit], abs=4 * drawn["mc_sd_2000"][limit])


def test_the_roc_has_the_vertices_of_proc(result):
    theirs = {(p["specificity"], p["sensitivity"]) for p in expected("proc_paperlike.json")["curve"]["roc_points"]}
    roc = result["model"]["roc"]
    ours = zip(roc["specificity"], roc["sensitivity"], strict=True)
    assert {(round(sp, 9), round(se, 9)) for sp, se in ours} == {(round(sp, 9), round(se, 9)) for sp, se in theirs}


def test_every_reader_is_judged_as_by_proc(result):
    theirs = {CODES[row["reader"]]: row for row in expected("proc_paperlike.json")["readers"]}
    assert [reader["code"] for reader in result["readers"]] == list(CODES.values())
    for reader in result["readers"]:
        row, verdict = theirs[reader["code"]], reader["verdict"]
        for construction, ours in (("ci_se", verdict["at_specificity"]), ("ci_sp", verdict["at_sensitivity"])):
            assert (ours["position"] in ("below", "above")) == row[f"outside_{construction}"]
            assert (ours["position"] == "below") == row[f"below_{construction}"]
            for limit in ("lower", "upper"):
                allowed = max(4 * row[construction]["mc_sd_2000"][limit], 1 / 228)
                assert ours[limit] == pytest.approx(row[construction][limit], abs=allowed + 1e-12)


def test_table_2_of_the_paper_to_four_decimals(result):
    printed = expected("paper_table2.json")
    for row, reader in zip(printed["readers"], result["readers"], strict=True):
        assert {name: reader["confusion"][name] for name in ("tp", "fn", "tn", "fp")} == {
            name: row[name] for name in ("tp", "fn", "tn", "fp")
        }
        for name, value in row["exact"].items():
            assert reader["rates"][name]["value"] == pytest.approx(value, abs=1e-12)
    row = printed["model_row"]["printed"]
    for ours, theirs in {"sensitivity": "recall"}.items():
        row[ours] = row[theirs]
    for name in ("accuracy", "sensitivity", "specificity", "precision", "f1", "auc"):
        summary = result["model"]["over_folds"][name]
        assert f"{summary['mean']:.4f} +- {summary['sd']:.4f}" == row[name]


def test_rates_of_model_and_readers_carry_the_wilson_interval_of_r(result):
    r = expected("paperlike_reads_stats.json")
    for golden, reader in zip(CODES, result["readers"], strict=True):
        for name in ("sensitivity", "specificity", "accuracy"):
            ours = reader["rates"][name]
            assert [ours["lower"], ours["upper"]] == pytest.approx(r["readers"][golden][name]["wilson"], abs=1e-9)
    for name in ("sensitivity", "specificity"):
        ours = result["model"]["rates"][name]
        assert [ours["lower"], ours["upper"]] == pytest.approx(r["model"][name]["wilson"], abs=1e-9)


def test_mcnemar_with_holm_is_that_of_r(result):
    r = expected("paperlike_reads_stats.json")["holm_over_readers_exact_p"]
    for family, theirs in {"sensitivity": "sens", "specificity": "spec"}.items():
        raw = [reader["mcnemar"][family]["exact_p"] for reader in result["readers"]]
        adjusted = [reader["mcnemar_holm"][family] for reader in result["readers"]]
        assert raw == pytest.approx(r[theirs]["raw"], rel=1e-9, abs=1e-12)
        assert adjusted == pytest.approx(r[theirs]["holm"], rel=1e-9, abs=1e-12)


def test_the_model_against_the_population_of_readers_is_that_of_the_packages(result):
    packages = expected("model_vs_readers_paperlike.json")
    population = result["population"]
    assert population["n_cases"] == 456
    for metric in ("sensitivity", "specificity"):
        (test,) = packages[metric]["test_equality"]
        assert population["tests"][metric]["p_value"] == pytest.approx(test["p-value"], abs=1e-9)
        assert population["tests"][metric]["statistic"] ** 2 == pytest.approx(test["F"], abs=1e-6)
    theirs = packages["rjafroc"]["1T-RRRC"]
    ours = population["tests"]["balanced_accuracy"]
    assert ours["p_value"] == pytest.approx(theirs["pval"], abs=1e-9)
    assert [-ours["upper"], -ours["lower"]] == pytest.approx(theirs["CIAvgDiffFom"], abs=1e-9)
    agreement = expected("paperlike_reads_stats.json")["agreement_five_readers"]
    assert 100 * population["all_agree"] == pytest.approx(agreement["percent_agreement"], abs=1e-9)


def test_the_paired_bootstrap_is_that_of_the_reference(result):
    for row, reader in zip(
        expected("paired_reader_vs_model_paperlike.json")["readers"], result["readers"], strict=True
    ):
        ours = reader["paired"]["sensitivity"]
        assert ours["difference"] == pytest.approx(row["difference"], abs=1e-12)
        for limit, theirs, spread in zip(("lower", "upper"), row["ci95"], row["mc_sd_2000"], strict=True):
            assert ours[limit] == pytest.approx(theirs, abs=max(4 * spread, 1 / 228))
