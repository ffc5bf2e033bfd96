"""Readers who were dealt a part of the cases: what is missing, what is compared, and what the files hold."""

import csv
import io

import numpy as np
import pytest

from readerstudy.reading.models import Trial
from readerstudy.refusal import Refused
from readerstudy.studies.models import Case, Reader
from screening import tables
from screening.analysis.options import Options
from screening.analysis.population import METRICS, population_side
from screening.analysis.split_plot import split_population
from screening.downloads import DOWNLOADS, fetch
from screening.exports import EXPORTS
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build

QUICK = Options(replicates=200)


def divide(world: Paperlike, parts: int) -> Paperlike:
    """Cases and readers dealt in turn; reads of other parts go."""
    for i, case in enumerate(world.study.cases.order_by("photo__subject__has_syndrome", "number")):
        Case.objects.filter(pk=case.pk).update(part=1 + i % parts)
    for i, reader in enumerate(world.study.readers.order_by("id")):
        Reader.objects.filter(pk=reader.pk).update(part=1 + i % parts)
        others = Trial.objects.filter(session__reader=reader).exclude(case__part=1 + i % parts)
        for trial in others:
            trial.calls.all().delete()
            trial.exposure.delete()
        others.delete()
    world.study.protocols.update(parts=parts)
    return world


@pytest.fixture
def split(db) -> Paperlike:
    return divide(build(n=120), 2)


def text(world: Paperlike, name: str) -> str:
    return b"".join(fetch(download=DOWNLOADS[name], study=world.study, run=None, by=world.investigator)).decode()


def test_cases_of_another_part_are_not_missing_reads(split):
    table = tables.read(study=split.study, run=split.run)
    assert table.is_split
    assert np.isnan(table.calls[~table.is_allocated]).all()
    assert table.missing().tolist() == [0] * 5
    lost = Trial.objects.filter(session__reader__code="SP 2").first()
    lost.calls.all().delete()
    assert tables.read(study=split.study, run=split.run).missing().tolist() == [0, 1, 0, 0, 0]


def test_a_crossed_table_is_what_it_was(db):
    world = build(n=60)
    table = tables.read(study=world.study, run=world.run)
    assert not table.is_split
    assert table.is_allocated.all()
    source = table.fingerprint_source()
    assert "is_allocated" not in source
    assert all("part" not in reader for reader in source["readers"])


def test_a_reader_without_a_part_was_to_read_nothing(split, make_user):
    Reader.objects.create(study=split.study, user=make_user("Rosa Reader"), code="SP 9")
    assert tables.read(study=split.study, run=split.run).missing()[-1] == 0


def test_the_division_is_part_of_the_fingerprint(split):
    before = tables.read(study=split.study, run=split.run).fingerprint
    Reader.objects.filter(study=split.study, code="SP 1").update(part=2)
    assert tables.read(study=split.study, run=split.run).fingerprint != before


def test_the_comparison_states_the_design_and_misses_nothing(split):
    result = compare(study=split.study, run=split.run, options=QUICK, by=split.investigator).result
    words = " ".join(result["warnings"])
    assert "Split-plot design: each reader was dealt one part of the 120 cases (3 of part 1, 2 of part 2)" in words
    assert "Missing reads" not in words
    assert [reader["n_missing"] for reader in result["readers"]] == [0] * 5
    assert [reader["n_read"] for reader in result["readers"]] == [60] * 5


def test_missing_reads_of_a_part_are_named_against_that_part(split):
    Trial.objects.filter(session__reader__code="JP 1").first().calls.all().delete()
    words = " ".join(compare(study=split.study, run=split.run, options=QUICK, by=split.investigator).result["warnings"])
    assert "Missing reads of the cases dealt to each: JP 1 1." in words


def test_the_population_is_tested_on_every_read(split):
    population = compare(study=split.study, run=split.run, options=QUICK, by=split.investigator).result["population"]
    assert (population["design"], population["n_cases"], len(population["codes"])) == ("split-plot", 120, 5)
    table = tables.read(study=split.study, run=split.run)
    truth = table.truth
    own = [table.calls[i][truth & ~np.isnan(table.calls[i])].mean() for i in range(5)]
    model = table.score >= table.threshold
    models = [model[truth & ~np.isnan(table.calls[i])].mean() for i in range(5)]
    test = population["tests"]["sensitivity"]
    assert test["readers_mean"] == pytest.approx(np.mean(own))
    assert test["difference"] == pytest.approx(np.mean(models) - np.mean(own))
    assert 0 <= test["p_value"] <= 1
    assert population["agreement"]["value"] is not None
    assert 0 < population["all_agree"] < 1


def test_with_one_part_it_is_the_standalone_test(db):
    world = build(n=120)
    table = tables.read(study=world.study, run=world.run)
    crossed = population_side(table, options=QUICK)
    same = split_population(table, metrics=METRICS, options=QUICK)
    for metric in METRICS:
        for name in ("model", "readers_mean", "difference", "lower", "upper", "statistic", "df", "p_value"):
            assert same["tests"][metric][name] == pytest.approx(crossed["tests"][metric][name], rel=1e-9), (
                metric,
                name,
            )
    assert same["all_agree"] == pytest.approx(crossed["all_agree"])
    assert same["agreement"]["value"] == pytest.approx(crossed["agreement"]["value"])


def test_readers_of_different_parts_do_not_covary(split):
    from screening import statistics

    table = tables.read(study=split.study, run=split.run)
    found = statistics.obuchowski_rockette(table.truth, table.calls[None], metric="sensitivity")
    part = np.array([table.readers[reader].part for _, reader in found.cells])
    apart = part[:, None] != part
    assert np.abs(found.covariance_matrix[apart]).max() < 1e-15 < np.abs(found.covariance_matrix[~apart]).min()


def test_one_reader_a_part_leaves_no_agreement_to_tell(db, client):
    world = divide(build(n=120), 5)
    made = compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    assert made.result["population"]["agreement"] is None
    client.force_login(world.investigator)
    for page in ("", "report/", "cases/"):
        assert client.get(f"/analysis/{world.study.pk}/{made.pk}/{page}").status_code == 200
    page = client.get(f"/analysis/{world.study.pk}/{made.pk}/").content.decode()
    assert "No case was read by two readers" in page


def test_the_files_name_the_part_and_hold_no_read_that_was_not_dealt(split):
    rows = list(csv.DictReader(io.StringIO(text(split, "reads.csv").lstrip("\ufeff"))))
    assert len(rows) == 300
    assert {row["part"] for row in rows if row["reader"] == "SP 1"} == {"1"}
    assert len(text(split, "mrmcaov.csv").splitlines()) == 301
    made = compare(study=split.study, run=split.run, options=QUICK, by=split.investigator)
    assert len(list(EXPORTS["calls"].rows(made.result))) == 300


def test_rjafroc_is_refused_with_the_reason(split):
    with pytest.raises(Refused, match="split-plot"):
        text(split, "rjafroc.xlsx")
