"""What this program writes for the statistics packages comes back as the same comparison."""

from typing import Any

import pytest

from readerstudy.accounts.models import User
from readerstudy.reading.models import Call, Exposure
from screening.analysis.options import Options
from screening.downloads import DOWNLOADS, fetch
from screening.exports.safe import to_csv
from screening.imports.files import File
from screening.imports.services import Wishes, import_study
from screening.models import Comparison
from screening.report import data
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build
from tests.screening.exports.conftest import second_session

OPTIONS = Options(replicates=200)
OF_THE_READERS = ("confusion", "rates", "own_curve", "paired", "mcnemar", "verdict", "paired_holm", "mcnemar_holm")


@pytest.fixture
def origin(db) -> Paperlike:
    return build(n=60)


@pytest.fixture
def compared(origin) -> Comparison:
    return compare(study=origin.study, run=origin.run, options=OPTIONS, by=origin.investigator)


def downloaded(origin: Paperlike, name: str) -> File:
    pieces = fetch(download=DOWNLOADS[name], study=origin.study, run=None, by=origin.investigator)
    return File(name=name, data=b"".join(pieces))


def scores_of(compared: Comparison) -> File:
    return File(name="scores.csv", data=to_csv(data.SCORES, data.scores(compared.result)).encode())


def again(files: list[File], by: User) -> dict[str, Any]:
    stored = import_study(files=files, wishes=Wishes(name="Come back", kind="test"), by=by)
    return compare(study=stored.study, run=stored.run, options=OPTIONS, by=by).result


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name in ("cases", "model", "mean_reader", "population", "demographics"):
        assert ours[name] == theirs[name], name
    for back, reader in zip(ours["readers"], theirs["readers"], strict=True):
        assert back["code"] == reader["code"]
        for name in OF_THE_READERS:
            assert back[name] == reader[name], name
    for name in ("number", "truth", "score", "fold", "threshold", "diagnosis", "calls", "confidence"):
        assert ours["rows"][name] == theirs["rows"][name], name


@pytest.mark.parametrize("name", ["study.imrmc", "mrmcaov.csv", "rjafroc.xlsx"])
def test_a_package_s_file_and_the_scores_give_the_same_comparison(origin, compared, name):
    back = again([downloaded(origin, name), scores_of(compared)], origin.investigator)
    assert_same(back, compared.result)


def test_the_two_tables_of_the_bundle_give_the_same_comparison(origin, compared):
    Call.objects.filter(trial__case__number__in=(3, 7), trial__session__reader__code="JP 1").delete()
    compared = compare(study=origin.study, run=origin.run, options=OPTIONS, by=origin.investigator)
    reads = File(name="reads.csv", data=to_csv(data.READS, data.reads(compared.result)).encode())
    back = again([scores_of(compared), reads], origin.investigator)
    assert_same(back, compared.result)
    assert back["readers"][2]["n_missing"] == 2
    assert [r["median_response_ms"] for r in back["readers"]] == [
        r["median_response_ms"] for r in compared.result["readers"]
    ]
    assert not Exposure.objects.filter(trial__session__reader__study__name="Come back").exists()


def test_aided_reads_come_back_as_aided(origin, compared):
    second_session(origin, arm="aided", stage="aided")
    stored = import_study(
        files=[downloaded(origin, "study.imrmc"), scores_of(compared)],
        wishes=Wishes(name="Two arms", kind="test"),
        by=origin.investigator,
    )
    before = Call.objects.filter(trial__session__reader__study=origin.study, stage="aided")
    after = Call.objects.filter(trial__session__reader__study=stored.study, stage="aided")
    facts = ("trial__case__number", "is_gs", "confidence")
    assert sorted(after.values_list(*facts)) == sorted(before.values_list(*facts))
    assert after.count() == 60
    unaided = compare(study=stored.study, run=stored.run, options=OPTIONS, by=origin.investigator)
    assert unaided.result["readers"][0]["confusion"] == compared.result["readers"][0]["confusion"]
