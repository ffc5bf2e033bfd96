"""The files: what they hold is the stored result, and no cell can run as a formula."""

import csv
import io

import pytest

from screening.analysis.options import Options
from screening.exports import EXPORTS
from screening.exports.safe import STARTS_FORMULA, cell, to_csv
from screening.services import compare
from tests.screening.app.paperlike import CODES, build, rows


def parsed(name: str, result: dict) -> list[dict[str, str]]:
    text = to_csv(EXPORTS[name].header, EXPORTS[name].rows(result))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_every_call_is_there_with_truth_and_score(result):
    lines = parsed("calls", result)
    theirs = {(CODES[row["reader"]], row["case_id"]): row["decision"] for row in rows("paperlike_reads.csv")}
    scores = rows("paperlike_scores.csv")
    assert len(lines) == 5 * 456
    for line in lines:
        source = scores[int(line["case"]) - 1]
        assert line["call"] == theirs[line["reader"], source["case_id"]]
        assert line["truth"] == source["truth"]
        assert float(line["score"]) == float(source["score"])
        assert line["fold"] == source["fold"]
        assert line["is_right"] == str(int(line["call"] == line["truth"]))


def test_table_2_holds_readers_and_model(result):
    lines = parsed("table2", result)
    assert [line["kind"] for line in lines] == ["reader"] * 5 + ["model", "folds"]
    assert [lines[0][name] for name in ("tp", "fn", "tn", "fp")] == ["200", "28", "164", "64"]
    assert round(float(lines[-1]["sensitivity_sd"]), 4) == 0.0190
    assert lines[-1]["sensitivity_lower"] == ""


def test_the_figure_s_data_hold_curve_folds_bands_and_points(result):
    lines = parsed("figure", result)
    kinds = {line["what"] for line in lines}
    assert kinds == {"roc", "band at specificity", "band at sensitivity", "reader"}
    assert {line["who"] for line in lines if line["what"] == "roc"} == {
        "model, pooled",
        *(f"fold {i}" for i in range(1, 6)),
    }
    assert sum(line["what"] == "band at specificity" for line in lines) == 201
    assert [line["who"] for line in lines if line["what"] == "reader"] == list(CODES.values())


def test_the_dictionary_explains_every_column(result):
    explained = {(line["file"], line["column"]) for line in parsed("dictionary", result)}
    for name in ("figure", "table2", "calls"):
        assert {(f"{name}.csv", column) for column in EXPORTS[name].header} <= explained


@pytest.mark.parametrize("start", STARTS_FORMULA)
def test_text_that_starts_like_a_formula_is_made_harmless(start):
    assert cell(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert cell(f"  {start}1").startswith("'")


def test_numbers_stay_numbers():
    assert [cell(-0.5), cell(None), cell(True), cell("SP 1")] == [-0.5, "", 1, "SP 1"]


def test_no_file_has_a_cell_that_runs(db, client):
    world = build(n=60)
    world.study.readers.filter(code="SP 1").update(code="=cmd|'/c x'!A")
    world.study.cases.first().photo.subject.__class__.objects.filter(has_syndrome=True).update(diagnosis="@SUM(A1)")
    made = compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
    client.force_login(world.investigator)
    for name in EXPORTS:
        response = client.get(f"/analysis/{world.study.pk}/{made.pk}/{name}.csv")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/csv")
        assert "attachment" in response["Content-Disposition"]
        text = response.content.decode().removeprefix("\ufeff")
        for line in csv.reader(io.StringIO(text)):
            for value in line:
                if value.startswith(STARTS_FORMULA):
                    float(value)  # only a negative number may begin so
    assert "'=cmd" in client.get(f"/analysis/{world.study.pk}/{made.pk}/calls.csv").content.decode()
