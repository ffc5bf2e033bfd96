"""The files for iMRMC, MRMCaov, RJafroc and REDCap, read back by each format's own rules.

The Van Dyke data go through a file and give the same results as iMRMC and MRMCaov gave for the original.
"""

import csv
import io

import numpy as np
import pytest
from openpyxl import load_workbook

from readerstudy.reading.models import Call
from readerstudy.refusal import Refused
from screening.downloads import DOWNLOADS, fetch
from screening.exports import mrmc
from screening.exports.columns import READS
from screening.exports.redcap import DICTIONARY_HEADER
from screening.statistics.mrmc import obuchowski_rockette, u_statistic
from tests.screening.exports.conftest import second_session
from tests.screening.statistics.mrmc_golden import study as golden
from tests.screening.statistics.statistics_golden import assert_close, expected


def ratings(name: str = "vandyke") -> mrmc.Ratings:
    truth, values = golden(name)
    return mrmc.Ratings(
        modalities=["unaided", "aided"],
        readers=[f"SP {i + 1}" for i in range(values.shape[1])],
        numbers=np.arange(1, values.shape[2] + 1),
        truth=truth,
        values=values,
        is_binary=False,
    )


def read_imrmc(data: bytes) -> tuple[dict[str, int], dict[str, int], dict[tuple[str, str, str], float]]:
    """By the format's definition: sizes anywhere in the head, then four fields a line; reader -1 is the truth."""
    head, _, body = data.decode().partition("BEGIN DATA:\n")
    sizes = {line[:2]: int(line[3:]) for line in head.splitlines() if line[:3] in {"N0:", "N1:", "NR:", "NM:"}}
    fields = [[field.strip() for field in line.split(",")] for line in body.splitlines()]
    truth = {case: int(score) for reader, case, _, score in fields if reader == "-1"}
    scores = {(m, r, c): float(score) for r, c, m, score in fields if r != "-1"}
    assert len(truth) + len(scores) == len(fields), "no observation twice"
    return sizes, truth, scores


def arrays(truth, scores, like: mrmc.Ratings):
    """Truth (cases,) and ratings (tests, readers, cases) in the order of ``like``."""
    values = [
        [[scores.get((m, r, str(c)), np.nan) for c in like.numbers] for r in like.readers] for m in like.modalities
    ]
    return np.array([truth[str(c)] == 1 for c in like.numbers]), np.array(values)


@pytest.mark.parametrize("name", ["vandyke", "vandyke_missing60"])
def test_an_imrmc_file_gives_the_result_imrmc_gave_for_the_original(name):
    source = ratings(name)
    sizes, truth, scores = read_imrmc(b"".join(mrmc.imrmc_lines(source, title="Van Dyke")))
    assert sizes == {"N0": 69, "N1": 45, "NR": 5, "NM": 2}
    back = arrays(truth, scores, source)
    np.testing.assert_array_equal(back[1], source.values)
    if name == "vandyke":
        row = next(r for r in expected("mrmc_vandyke_imrmc")["Ustat"] if r["modalityB"] == "m2")
        found = u_statistic(*back).differences[0]
        assert_close([found.value, found.u.variance], [row["AUCAminusAUCB"], row["varAUCAminusAUCB"]])


def test_an_mrmcaov_table_gives_the_same_analysis_as_the_original():
    source = ratings()
    table = [dict(zip(mrmc.LONG_HEADER, row, strict=True)) for row in mrmc.long_rows(source)]
    assert len(table) == 1140
    truth = {str(row["case"]): row["truth"] for row in table}
    scores = {(row["test"], row["reader"], str(row["case"])): row["rating"] for row in table}
    back = obuchowski_rockette(*arrays(truth, scores, source))
    straight = obuchowski_rockette(*golden())
    assert (back.rrrc.statistic, back.rrrc.p_value) == (straight.rrrc.statistic, straight.rrrc.p_value)


def sheets(data: bytes) -> dict[str, list[tuple]]:
    book = load_workbook(io.BytesIO(data), read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_an_rjafroc_workbook_has_the_sheets_and_columns_its_reader_looks_for():
    book = sheets(b"".join(mrmc.rjafroc_workbook(ratings())))
    assert sorted(book) == ["FP", "TP", "TRUTH"]
    head, *truth = book["TRUTH"]
    assert head == ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm")
    assert [row[5] for row in truth[:3]] == ["ROC", "FCTRL", None]
    assert {(row[3], row[4]) for row in truth} == {("SP 1, SP 2, SP 3, SP 4, SP 5", "unaided, aided")}
    assert (len(truth), sum(row[1] for row in truth)) == (114, 45)
    assert book["FP"][0] == ("ReaderID", "ModalityID", "CaseID", "FP_Rating")
    assert book["TP"][0] == ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating")
    lesion = {row[0]: row[1] for row in truth}
    assert {lesion[row[2]] for row in book["FP"][1:]} == {0}
    assert {(lesion[row[2]], row[3]) for row in book["TP"][1:]} == {(1, 1)}
    assert (len(book["FP"]) - 1, len(book["TP"]) - 1) == (69 * 10, 45 * 10)  # a rectangle: every cell, once


def test_an_rjafroc_workbook_gives_the_same_analysis_as_the_original():
    source = ratings()
    book = sheets(b"".join(mrmc.rjafroc_workbook(source)))
    truth = {str(row[0]): row[1] for row in book["TRUTH"][1:]}
    scores = {(row[1], row[0], str(row[2])): row[-1] for name in ("FP", "TP") for row in book[name][1:]}
    back = obuchowski_rockette(*arrays(truth, scores, source))
    assert back.rrrc.p_value == obuchowski_rockette(*golden()).rrrc.p_value


def test_a_rating_is_the_confidence_with_the_sign_of_the_call(small, body):
    table = list(csv.DictReader(io.StringIO(body("mrmcaov.csv").decode())))
    for call in Call.objects.select_related("trial__session__reader", "trial__case")[:50]:
        who, case = call.trial.session.reader.code, str(call.trial.case.number)
        line = next(line for line in table if (line["reader"], line["case"]) == (who, case))
        assert float(line["rating"]) == (call.confidence + 1) * (1 if call.is_gs else -1)
    assert {line["test"] for line in table} == {"unaided"}


def test_without_a_confidence_everywhere_the_rating_is_the_call(small, body):
    Call.objects.filter(pk=Call.objects.first().pk).update(confidence=None)
    assert {line.split(",")[4] for line in body("mrmcaov.csv").decode().splitlines()[1:]} == {"0.0", "1.0"}


def test_aided_reads_are_a_second_modality(small, body):
    second_session(small, arm="aided", stage="aided")
    sizes, _, scores = read_imrmc(body("study.imrmc"))
    assert (sizes["NR"], sizes["NM"], sizes["N0"] + sizes["N1"]) == (5, 2, 60)
    assert sum(key[0] == "aided" for key in scores) == 60
    assert sum(key[0] == "unaided" for key in scores) == 300


def test_a_title_cannot_end_the_head_of_an_imrmc_file(small):
    small.study.name = "A study\nBEGIN DATA:\n1,1,1,1"
    data = b"".join(
        fetch(download=DOWNLOADS["study.imrmc"], study=small.study, run=None, by=small.investigator)
    ).decode()
    assert data.count("BEGIN DATA") == 1
    assert read_imrmc(data.encode())[0]["NR"] == 5


def truth_of(world, number: int) -> bool:
    return world.study.cases.get(number=number).photo.subject.has_syndrome


def test_rjafroc_gets_the_cases_that_everybody_called_and_says_when_there_are_none(small, body):
    Call.objects.filter(trial__case__number__lte=10, trial__session__reader__code="SP 2").delete()
    assert len(sheets(body("rjafroc.xlsx"))["TRUTH"]) == 51
    seldom = small.study.cases.exclude(photo__subject__has_syndrome=truth_of(small, 11)).filter(number__gt=11).first()
    Call.objects.filter(trial__session__reader__code="SP 2").exclude(
        trial__case__number__in=[11, seldom.number]
    ).delete()
    Call.objects.filter(trial__session__reader__code="SP 1", trial__case=seldom).delete()
    with pytest.raises(Refused, match="all 5 readers have called"):
        body("rjafroc.xlsx")


def test_a_study_that_nobody_has_read_has_no_package_files(small, body):
    Call.objects.all().delete()
    for name in ("study.imrmc", "mrmcaov.csv", "rjafroc.xlsx"):
        with pytest.raises(Refused, match="No reader has called"):
            body(name)


def test_redcap_records_fit_their_dictionary(untidy, body):
    told = list(csv.reader(io.StringIO(body("redcap-dictionary.csv").decode())))
    assert told[0] == DICTIONARY_HEADER
    assert all(len(row) == 18 for row in told)
    fields = {row[0]: row for row in told[1:]}
    assert [row[0] for row in told[1:]] == ["record_id", *(column.name for column in READS)]
    records = list(csv.DictReader(io.StringIO(body("redcap.csv").decode())))
    assert list(records[0]) == [*fields, "reads_complete"]
    assert [record["record_id"] for record in records] == [str(i + 1) for i in range(len(records))]
    for record in records:
        for name, row in fields.items():
            value, kind, choices, check = record[name], row[3], row[5], row[7]
            codes = {choice.split(",")[0].strip() for choice in choices.split("|")} if choices else set()
            assert kind != "radio" or value in codes | {""}, name
            assert kind != "yesno" or value in {"0", "1", ""}, name
            assert check != "integer" or not value or float(value).is_integer(), name
            assert check != "number" or not value or np.isfinite(float(value)), name


def test_readers_who_withdrew_are_in_the_files_as_in_a_comparison_and_named(small, body):
    from readerstudy.studies.models import Reader
    from readerstudy.studies.services.people import withdraw_reader
    from screening.analysis.options import Options
    from screening.services import compare

    gone = Reader.objects.get(study=small.study, code="JP 1")
    withdraw_reader(reader=gone, by=small.coordinator)
    Call.objects.filter(trial__session__reader=gone, trial__position__gt=40).delete()
    result = compare(study=small.study, run=small.run, options=Options(replicates=200), by=small.investigator).result
    compared = {reader["code"]: reader["n_read"] for reader in result["readers"] if reader["has_point"]}
    imrmc = body("study.imrmc")
    _, _, scores = read_imrmc(imrmc)
    long = list(csv.DictReader(io.StringIO(body("mrmcaov.csv").decode())))
    for counts in (
        {code: sum(r == code for _, r, _ in scores) for code in compared},
        {code: sum(row["reader"] == code for row in long) for code in compared},
    ):
        assert counts == compared
    assert imrmc.decode().splitlines()[0].endswith("(withdrew, reads before that included: JP 1)")
    assert {row["reader"] for row in long if row["withdrawn"] == "1"} == {"JP 1"}


def test_a_reader_of_one_group_only_has_no_point_and_is_in_no_package_file(small, body):
    from readerstudy.studies.models import Reader

    one = Reader.objects.get(study=small.study, code="JP 2")
    Call.objects.filter(trial__session__reader=one, trial__case__photo__subject__has_syndrome=True).delete()
    assert "JP 2" not in body("study.imrmc").decode()
    assert "JP 2" not in body("mrmcaov.csv").decode()
