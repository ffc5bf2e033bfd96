"""The paper-like files through the public door: the page shows what pROC, R and the paper give for the same data."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from readerstudy.accounts.models import User
from screening.analysis.options import Options
from screening.imports.content import Reading
from screening.imports.services import Wishes, import_study
from screening.services import compare
from screening.templatetags.screening_numbers import p as p_shown
from tests.screening.app.paperlike import GOLDEN
from tests.screening.imports.conftest import golden

SCORES, READS = "paperlike_scores.csv", "paperlike_reads.csv"


def expected(name: str) -> Any:
    return json.loads((GOLDEN / "expected" / name).read_text())


@pytest.fixture(scope="module")
def shown(django_db_setup, django_db_blocker) -> tuple[str, dict[str, Any]]:
    """The page as the investigator gets it, and the stored result; made once, its rows rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        by = User.objects.create_user("ines@example.org", name="Ines Investigator", may_coordinate=True)
        wishes = Wishes(name="Hong-like", kind="test", reading=Reading(threshold=0.5))
        stored = import_study(files=[golden(SCORES), golden(READS)], wishes=wishes, by=by)
        made = compare(study=stored.study, run=stored.run, options=Options(), by=by)
        client = Client()
        client.force_login(by)
        response = client.get(f"/analysis/{made.study_id}/{made.pk}/")
        transaction.set_rollback(True)
    assert response.status_code == 200
    return unescape(response.content.decode()), made.result


@pytest.fixture
def page(shown, db) -> str:
    return shown[0]


@pytest.fixture
def result(shown, db) -> dict[str, Any]:
    return shown[1]


def row_of(page: str, who: str) -> str:
    """The words of one row of Table 2."""
    table = page.split("Table 2: readers and model")[1].split("</section>")[0]
    rows = [row for row in table.split("<tr") if re.search(rf'scope="row">\s*{re.escape(who)}\b', row)]
    assert len(rows) == 1, who
    return re.sub(r"<[^>]+>", " ", rows[0])


def test_table_2_stands_on_the_page_to_four_decimals(page):
    printed = expected("paper_table2.json")
    for row, code in zip(printed["readers"], ("SP1", "SP2", "JP1", "JP2", "JP3"), strict=True):
        shown = row_of(page, code).split()
        for name in ("tp", "fn", "tn", "fp"):
            assert str(row[name]) in shown
        for name in ("accuracy", "sensitivity", "specificity", "precision", "f1"):
            assert f"{row['exact'][name]:.4f}" in shown, (code, name)
    model = row_of(page, "Model, mean ± SD over folds")
    for name in ("accuracy", "recall", "specificity", "precision", "f1", "auc"):
        mean, sd = printed["model_row"]["printed"][name].split(" +- ")
        assert mean in model.split(), name
        assert f"± {sd}" in model, name


def test_the_five_verdicts_are_those_of_proc(page, result):
    theirs = expected("proc_paperlike.json")["readers"]
    assert len(theirs) == 5
    for row, reader in zip(theirs, result["readers"], strict=True):
        assert reader["code"] == row["reader"]
        for construction, at in (("ci_se", "at_specificity"), ("ci_sp", "at_sensitivity")):
            position = reader["verdict"][at]["position"]
            assert (position == "below") == row[f"below_{construction}"]
            assert (position in ("below", "above")) == row[f"outside_{construction}"]
        where = "below the band" if row["below_ci_se"] else "above" if row["outside_ci_se"] else "inside the band"
        assert where in reader["words"]["rule"]
        assert reader["words"]["rule"] in page
        assert reader["words"]["headline"] in page


def test_the_mrmc_p_values_stand_on_the_page(page, result):
    packages = expected("model_vs_readers_paperlike.json")
    tests = result["population"]["tests"]
    wanted = {
        "sensitivity": packages["sensitivity"]["test_equality"][0]["p-value"],
        "specificity": packages["specificity"]["test_equality"][0]["p-value"],
        "balanced_accuracy": packages["rjafroc"]["1T-RRRC"]["pval"],
    }
    table = page.split('id="group-head"')[1].split("</section>")[0]
    for name, label in (("sensitivity", "Sensitivity"), ("specificity", "Specificity"), ("balanced_accuracy", "Mean")):
        assert tests[name]["p_value"] == pytest.approx(wanted[name], abs=1e-9)
        row = next(row for row in table.split("<tr") if f'scope="row">{label}' in row)
        assert f">{p_shown(wanted[name])}</td>" in row


def test_what_never_happened_here_is_said_to_be_unknown(page, result):
    study = result["study"]
    for name in ("exposure_ms", "protocol_version", "opened_at", "closed_at"):
        assert study[name] is None
    assert study["protocol_digest"] == ""
    assert "not known: read elsewhere" in page
    assert "10000 ms" not in page
    assert "is not known to this program" in page
    for file in (golden(SCORES), golden(READS)):
        assert file.name in page
        assert file.sha256 in page
    assert "by Ines Investigator" in page
