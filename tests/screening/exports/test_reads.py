"""Every read as a file: what it holds is what the analysis counts, and three formats say the same."""

import csv
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader, Subject
from screening import tables
from screening.downloads import DOWNLOADS, fetch
from screening.exports.columns import READS, columns_of
from tests.screening.app.paperlike import build
from tests.screening.exports.conftest import second_session

pytestmark = pytest.mark.django_db


def lines_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def matrix_of(lines: list[dict[str, str]], world, stage: str = "unaided") -> np.ndarray:
    """The primary calls of a file as (readers, cases), NaN where there is none."""
    codes = [reader.code for reader in Reader.objects.filter(study=world.study).order_by("id")]
    calls = np.full((len(codes), world.study.cases.count()), np.nan)
    for line in lines:
        if line["is_primary"] == "1" and line["stage"] == stage:
            cell = codes.index(line["reader"]), int(line["case_number"]) - 1
            assert np.isnan(calls[cell]), "one primary read a reader and case"
            calls[cell] = float(line["call"])
    return calls


def test_the_primary_reads_of_the_file_are_the_calls_of_the_analysis(untidy, body):
    table = tables.read(study=untidy.study, run=untidy.run)
    np.testing.assert_array_equal(matrix_of(lines_of(body("reads.csv")), untidy), table.calls)


@pytest.mark.parametrize(("arm", "stage"), [("unaided", "unaided"), ("aided", "aided")])
def test_a_second_session_changes_no_primary_read_of_the_first(small, body, arm, stage):
    second_session(small, arm=arm, stage=stage)
    lines = lines_of(body("reads.csv"))
    assert sum(line["occasion"] == "2" for line in lines) == 60
    for which in ("unaided", "aided"):
        table = tables.read(study=small.study, run=None, stage=which)
        np.testing.assert_array_equal(matrix_of(lines, small, which), table.calls)
    assert sum(line["is_primary"] == "1" and line["occasion"] == "2" for line in lines) == (60 if arm == "aided" else 0)


def test_trials_without_an_answer_are_in_the_file_and_say_why(untidy, body):
    lines = [line for line in lines_of(body("reads.csv")) if line["reader"] == "SP 1"]
    assert len(lines) == 62
    taken_back, forfeited, _, waiting = lines[:4]
    assert (taken_back["revisions"], taken_back["state"], taken_back["confidence"]) == ("2", "called", "2")
    assert (forfeited["state"], forfeited["call"], forfeited["is_flagged"]) == ("forfeited", "", "1")
    assert forfeited["flags"] == "The page was left. | =1+1"
    assert forfeited["exposure_end"] == "left"
    assert (waiting["state"], waiting["shown_ms"], waiting["is_flagged"]) == ("waiting", "", "")
    again, repeated = lines[60:]
    assert (again["is_represented"], again["is_primary"]) == ("1", "1")
    assert (repeated["repetition"], repeated["is_primary"]) == ("1", "0")


def test_the_measured_exposure_and_the_answer_are_there(small, body):
    line = lines_of(body("reads.csv"))[0]
    wanted = {"requested_ms": "10000", "shown_ms": "10000.0", "response_ms": "2501.0", "arm": "unaided"}
    assert wanted.items() <= line.items()
    assert line["is_right"] == str(int(line["call"] == line["truth"]))
    assert line["answered_at"].endswith("+00:00")


def test_scores_stand_beside_the_reads_where_a_run_is_chosen(small, body):
    without, chosen = lines_of(body("reads.csv")), lines_of(body("reads.csv", run=small.run))
    assert not any(name.startswith("model_") for name in without[0])
    table = tables.read(study=small.study, run=small.run)
    for line in chosen:
        score = table.score[int(line["case_number"]) - 1]
        assert float(line["model_score"]) == score
        assert line["model_call"] == str(int(score >= 0.5))
        assert line["model_run"] == str(small.run.pk)


def test_parquet_and_json_lines_hold_the_same_reads(untidy, body):
    lines = lines_of(body("reads.csv", run=untidy.run))
    parquet = pq.read_table(io.BytesIO(body("reads.parquet", run=untidy.run))).to_pylist()
    spoken = [json.loads(line) for line in body("reads.jsonl", run=untidy.run).splitlines()]
    assert len(lines) == len(parquet) == len(spoken)
    for line, typed, told in zip(lines, parquet, spoken, strict=True):
        assert list(line) == list(typed) == list(told)
        typed["answered_at"] = typed["answered_at"] and typed["answered_at"].isoformat()
        assert typed == told
        plain = {k: "" if v is None else int(v) if isinstance(v, bool) else v for k, v in told.items()}
        assert {name: str(value) for name, value in plain.items()} == line


def test_parquet_columns_have_types_and_meanings(body):
    schema = pq.read_schema(io.BytesIO(body("reads.parquet")))
    assert [str(schema.field(name).type) for name in ("call", "position", "shown_ms")] == ["bool", "int64", "double"]
    assert schema.field("call").metadata[b"meaning"].decode().startswith("1 = GS")


def test_a_formula_in_a_diagnosis_is_text_in_the_csv_and_itself_elsewhere(small, body):
    Subject.objects.filter(has_syndrome=True).update(diagnosis="=HYPERLINK(1)")
    cells = {line["diagnosis"] for line in lines_of(body("reads.csv"))}
    assert cells == {"'=HYPERLINK(1)", ""}
    assert {line["diagnosis"] for line in lines_of(body("redcap.csv"))} == cells
    assert "=HYPERLINK(1)" in {json.loads(line)["diagnosis"] for line in body("reads.jsonl").splitlines()}


def test_the_dictionary_explains_every_column_once(body):
    told = lines_of(body("dictionary.csv"))
    assert [line["column"] for line in told] == [column.name for column in columns_of(with_model=True)]
    assert all(line["meaning"] for line in told)
    assert "aided = with the model's output in view" in next(t["meaning"] for t in told if t["column"] == "stage")


def test_no_name_and_no_address_of_a_person_is_in_any_file(small, body):
    people = {small.investigator.email, small.coordinator.email, *Reader.objects.values_list("user__email", flat=True)}
    codes = set(Subject.objects.values_list("code", flat=True))
    for name in ("reads.csv", "reads.jsonl", "redcap.csv", "study.imrmc", "mrmcaov.csv"):
        text = body(name).decode()
        assert not any(secret in text for secret in people | codes), name


def test_a_case_without_a_stated_truth_is_in_the_reads_but_in_no_table(small, body):
    case = small.study.cases.get(number=1)
    Subject.objects.filter(pk=case.photo.subject_id).update(has_syndrome=None, diagnosis="")
    assert tables.read(study=small.study, run=small.run).number.tolist() == list(range(2, 61))
    mine = [line for line in lines_of(body("reads.csv")) if line["case_number"] == "1"]
    assert len(mine) == 5
    assert {(line["truth"], line["is_right"], line["is_primary"]) for line in mine} == {("", "", "0")}


def test_reading_the_rows_takes_three_queries_whatever_the_size(small, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert sum(1 for _ in tables.every_read(study=small.study, run=small.run)) == 300


def test_every_fetch_is_in_the_audit_trail(small, body):
    body("reads.parquet", run=small.run)
    event = AuditEvent.objects.filter(action="study.exported", target=f"study:{small.study.pk}").get()
    assert event.actor == f"user:{small.investigator.pk}"
    assert (event.detail["file"], event.detail["run"]) == ("reads.parquet", small.run.pk)


def test_scores_of_another_cohort_s_run_are_refused(small):
    other = build(name="Elsewhere", n=60, readers=False)
    with pytest.raises(Refused, match="another cohort"):
        fetch(download=DOWNLOADS["reads.csv"], study=small.study, run=other.run, by=small.investigator)
    assert not AuditEvent.objects.filter(action="study.exported").exists()


def test_column_names_fit_redcap_and_r():
    assert all(c.name.islower() and len(c.name) <= 26 and c.name.replace("_", "a").isalnum() for c in READS)
