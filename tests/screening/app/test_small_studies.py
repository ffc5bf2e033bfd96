"""Whatever a small or one-sided study holds, its page, report, figure and files can be made."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string

from readerstudy.studies.models import Cohort, Study
from screening.analysis.cases import cases
from screening.analysis.compose import compose
from screening.analysis.options import Options
from screening.exports import EXPORTS
from screening.exports.sections import SECTIONS
from screening.models import Comparison
from screening.recorded import AidedReads, Looks, Recorded, Repeat
from screening.report import html
from screening.report.bundle import bundle
from screening.report.compose import compose as compose_report
from screening.report.pdf import pdf
from screening.tables import ReaderColumn, Table
from screening.views import _page

OPTIONS = Options(replicates=200)
STUDY: dict[str, Any] = {
    "id": 1,
    "name": "Small",
    "status": "open",
    "cohort": "Four children",
    "cohort_kind": "phantom",
    "is_phantom": True,
    "opened_at": None,
    "closed_at": None,
    "protocol_version": 1,
    "protocol_digest": "",
    "exposure_ms": 10_000,
    "confidence": "five",
}
RUN: dict[str, Any] = {
    "id": 1,
    "name": "Run",
    "seed": 1,
    "network": "a small network.",
    "is_papers_network": False,
    "recipe": [],
    "weights_name": "",
    "weights_sha256": "",
    "finished_at": None,
    "versions": {},
}

COUNTED = (
    "subjects",
    "gs",
    "controls",
    "truth_not_stated",
    "consent_withdrawn",
    "photos",
    "further",
    "ready",
    "waiting",
)
FACTS: dict[str, Any] = {
    "comparison": 1,
    "made_at": datetime(2026, 1, 2, tzinfo=UTC),
    "made_by": "Ines Investigator",
    "cohort": dict.fromkeys((*COUNTED, "unusable", "erased", "cases", "practice"), 8),
    "protocol": None,
}


def reader(number: int) -> ReaderColumn:
    return ReaderColumn(
        id=number,
        code=f"SP {number}",
        seniority="senior",
        seniority_label="senior",
        years_of_experience=None,
        has_genetics_training=None,
        is_simulated=False,
        is_withdrawn=False,
        forfeited=0,
    )


def drawn(seed: int) -> Table:
    """Four to eight children; ages, sexes, reads, ties and folds as scarce as chance makes them."""
    rng = np.random.default_rng(seed)
    n, readers = int(rng.integers(4, 9)), int(rng.integers(1, 4))
    truth = np.arange(n) < rng.integers(2, n - 1)
    rng.shuffle(truth)
    fold = rng.integers(0, rng.integers(1, min(n, 5) + 1), n).astype(float)
    score = rng.random(n) if rng.random() < 0.5 else rng.integers(0, 2, n).astype(float)
    calls = rng.integers(0, 2, (readers, n)).astype(float)
    confidence = np.where(rng.random() < 0.5, 4.0, rng.integers(0, 5, (readers, n)).astype(float))
    unread = rng.random((readers, n)) < rng.choice([0, 0.3])
    unread[0, 0] = False  # somebody has called a case: otherwise there is no comparison
    return Table(
        number=np.arange(1, n + 1),
        photo=np.arange(n),
        truth=truth,
        diagnosis=["Down syndrome" if gs else "" for gs in truth],
        age_months=rng.choice([[np.nan] * n, [12.0] * n, rng.uniform(0, 200, n)]),
        sex=list(rng.choice([["F"] * n, [""] * n, list(rng.choice(["F", "M", ""], n))])),
        score=score,
        fold=fold,
        threshold=rng.random(5)[fold.astype(int)],
        readers=[reader(i + 1) for i in range(readers)],
        calls=np.where(unread, np.nan, calls),
        confidence=np.where(unread, np.nan, confidence),
        response_ms=np.where(unread, np.nan, 900.0),
        is_flagged=rng.random((readers, n)) < rng.choice([0, 0.3, 1]),
        is_represented=np.zeros((readers, n), bool),
        consent_withdrawn=0,
        confirmation=["karyotype" if gs else "" for gs in truth],
        position=np.where(unread, np.nan, rng.permuted(np.tile(np.arange(1.0, n + 1), (readers, 1)), axis=1)),
        shown_ms=np.where(rng.random((readers, n)) < 0.3, np.nan, 10_000.0),
        recorded=recorded(rng, calls=calls, unread=unread) if seed % 2 else None,
    )


def recorded(rng: np.random.Generator, *, calls: np.ndarray, unread: np.ndarray) -> Recorded:
    """Repeats of some cases, and an aided arm that some have begun."""
    readers, n = calls.shape
    again = [Repeat(reader=i, case=j, call=float(rng.random() < 0.5)) for i in range(readers) for j in range(0, n, 3)]
    aided = np.where(
        unread | (rng.random(calls.shape) < rng.choice([0, 0.5, 1])), np.nan, rng.random(calls.shape) < 0.5
    )
    arm = AidedReads(
        calls=aided,
        confidence=np.where(np.isnan(aided), np.nan, rng.choice([3.0, np.nan])),
        is_flagged=rng.random(calls.shape) < 0.2,
        first=["unaided"] * readers,
    )
    return Recorded(
        design="crossover",
        washout_days=28,
        exposure_ms=10_000,
        tolerance_ms=100,
        repeats=again,
        looks=[Looks(flags={"left": 1}) for _ in range(readers)],
        aided=arm if rng.random() < 0.7 else None,
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_small_study_has_its_page_report_and_files(seed):
    table = drawn(seed)
    options = replace(OPTIONS, margin=0.05 if seed % 3 == 0 else None)
    result = json.loads(json.dumps(compose(table, options=options, study=STUDY, run=RUN), allow_nan=False))
    made = Comparison(pk=1, result=result, options=OPTIONS.to_dict(), fingerprint=table.fingerprint)
    made.study = Study(pk=1, name="Small", cohort=Cohort(pk=1, name="Four children"))
    report = compose_report(result, FACTS | {"fingerprint": table.fingerprint})
    for page in (render_to_string("screening/comparison.html", _page(made)), html.page(report)):
        assert "SP 1" in page
        assert "None" not in page
        assert not re.search(r"\bnan\b", page)
    assert bundle(result, FACTS | {"fingerprint": table.fingerprint})
    if seed < 8:  # half a second each
        assert pdf(report).startswith(b"%PDF-")
    assert len(cases(result)) == len(table.truth)
    for name, export in EXPORTS.items():
        rows = list(export.rows(result))
        assert rows or name in SECTIONS
        assert {len(row) for row in rows} <= {len(export.header)}, name


def test_table_1_says_where_a_difference_cannot_be_tested():
    table = drawn(0)
    table.age_months[:] = np.nan
    table.sex[:] = ["F"] * len(table.truth)
    result = compose(table, options=OPTIONS, study=STUDY, run=RUN)
    page = render_to_string("screening/_table1.html", {"result": result})
    assert page.count("not testable") == 2
