"""What is wrong is said with file, row and column, and nothing is left behind."""

import io

import pytest
from openpyxl import Workbook

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Study, Subject
from screening.imports.content import Reading, content_of
from screening.imports.files import File, FilesRefused
from screening.imports.ratings import calls_of
from screening.imports.services import Wishes, import_study
from screening.models import StagedFile, StudyImport
from tests.screening.imports.conftest import table

SCORES = table("case_id,truth,fold,score", "a,1,1,0.9", "b,0,1,0.1", "c,1,2,0.8", "d,0,2,0.2", name="scores.csv")
READS = table("case_id,reader,decision", "a,R1,1", "b,R1,0", "c,R1,1", "d,R1,1", name="reads.csv")
AT_HALF = Reading(threshold=0.5)


def problems(*files: File, reading: Reading = AT_HALF) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        content_of(files, reading=reading)
    return refused.value.problems


def test_good_files_are_taken():
    content = content_of([READS, SCORES], reading=AT_HALF)
    assert content.summary()["readers"] == [{"code": "R1", "n_read": 4, "n_aided": 0}]
    assert content.forms == {"reads.csv": "reads", "scores.csv": "scores"}


def test_semicolons_and_a_byte_order_mark_are_no_fault():
    text = "\ufeff" + SCORES.data.decode().replace(",", ";")
    content = content_of([READS, File(name="s.csv", data=text.encode())], reading=AT_HALF)
    assert [case.score for case in content.cases] == [0.9, 0.1, 0.8, 0.2]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("e,2,1,0.5", "scores.csv, row 2, column truth: “2” is neither 1 nor 0."),
        ("e,1,1,1.5", "scores.csv, row 2, column score: 1.5 is not from 0 to 1."),
        ("e,1,1,", "scores.csv, row 2, column score: is empty."),
        (
            "e,1,1,nan",
            "scores.csv, row 2, column score: “nan” is not a number (a decimal point, no thousands separator).",
        ),
        ("e,1,1,0_5", "scores.csv, row 2, column score: “0_5” is not a number"),
        ("e,1,1,０.5", "scores.csv, row 2, column score: “０.5” is not a number"),
        ("e,1,1.5,0.5", "scores.csv, row 2, column fold: 1.5 is not a whole number."),
        (",1,1,0.5", "scores.csv, row 2, column case_id: is empty."),
        ("e,1,1", "scores.csv, row 2: has 3 cells, the header 4."),
        (f"{'e' * 41},1,1,0.5", "column case_id: “eeeeeeeeeeeeeeeeeeee…” is longer than 40 characters."),
    ],
)
def test_a_bad_cell_is_told_with_its_place(row, told):
    found = problems(table("case_id,truth,fold,score", row, "b,0,1,0.1", name="scores.csv"), READS)
    assert any(told in sentence for sentence in found), found


def test_every_problem_is_told_at_once_and_many_are_counted():
    rows = [f"{i},x,1,9" for i in range(40)]
    found = problems(table("case_id,truth,fold,score", *rows, name="scores.csv"), READS)
    assert len(found) == 51
    assert found[-1] == "30 more of this kind."


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["a,R1,1", "a,R1,0"], "row 3: R1 has read case a in row 2 already."),
        (["zz,R1,1"], "row 2: case zz has no truth: it is in no list of cases."),
        (["a,R1,1", "b,r1,0"], "row 3, column reader: reader r1 is written in two ways."),
        (["a,R1,"], "row 2, column decision: an empty cell is neither 1 nor 0."),
        ([], "reads.csv: has no data under its header."),
    ],
)
def test_reads_that_do_not_fit_are_refused(rows, told):
    found = problems(SCORES, table("case_id,reader,decision", *rows, name="reads.csv"))
    assert any(told in sentence for sentence in found), found


def test_cases_that_do_not_fit_are_refused():
    again = table("case_id,truth,score", "a,1,0.9", "A,0,0.2", "b,0,0.1", "b,0,0.1", name="scores.csv")
    found = problems(again, READS)
    assert "scores.csv, row 3: A and a differ in case only." in found
    assert "scores.csv, row 5: case b stands in row 4 already." in found
    one = table("case_id,truth,score", "a,1,0.9", "b,1,0.1", "c,1,0.2", "d,1,0.2", name="scores.csv")
    assert "scores.csv: all cases have the same truth: nothing can be told apart." in problems(one, READS)


def test_two_truths_of_one_case_are_refused_with_both_places():
    reads = table("case_id,reader,decision,truth", "a,R1,1,0", "b,R1,0,0", name="reads.csv")
    assert "reads.csv, row 2: case a has another truth in scores.csv, row 2." in problems(SCORES, reads)


def test_scores_without_a_threshold_ask_for_one():
    assert "has no column threshold" in problems(SCORES, READS, reading=Reading())[0]
    two = table("case_id,truth,fold,score,threshold", "a,1,1,0.9,0.5", "b,0,1,0.1,0.4", name="scores.csv")
    reads = table("case_id,reader,decision", "a,R1,1", name="reads.csv")
    assert problems(two, reads) == ["scores.csv, row 3, column threshold: fold 1 has another threshold in row 2."]


def test_files_of_no_known_form_are_refused():
    assert "none of the forms taken here" in problems(table("a,b", "1,2"))[0]
    assert "row 2: is not UTF-8 here" in problems(File(name="x.csv", data=b"case_id\n\xff\xfe"))[0]
    assert "zero byte" in problems(File(name="x.csv", data=b"a\0b"))[0]
    assert "no file holds reads" in problems(SCORES)[0]
    assert "hold reads: one file of them makes a study" in problems(SCORES, READS, READS)[0]
    with pytest.raises(Refused, match="Choose the files"):
        content_of([], reading=AT_HALF)


IMRMC = "A study\nN0: 2\nN1: 1\nNR: 1\nNM: 1\nBEGIN DATA:\n-1,a,0,1\n-1,b,0,0\n-1,c,0,0\nR,a,m,4\nR,b,m,2\nR,c,m,5\n"


def test_an_imrmc_file_whose_head_does_not_fit_is_refused():
    found = problems(File(name="x.imrmc", data=IMRMC.replace("N0: 2", "N0: 3").encode()))
    assert found == ["x.imrmc, column N0: the head says 3, the data hold 2."]
    cut = problems(File(name="x.imrmc", data=IMRMC.replace("R,b,m,2", "R,b,m").encode()))
    assert "x.imrmc, row 11: has 3 fields, not reader, case, modality, score." in cut


def test_ratings_ask_from_where_on_they_mean_gs():
    file = File(name="x.imrmc", data=IMRMC.encode())
    with pytest.raises(Refused, match="ratings run from 2 to 5"):
        content_of([file], reading=Reading())
    content = content_of([file], reading=Reading(gs_from=4))
    assert [(read.case, read.is_gs, read.confidence) for read in content.reads] == [
        ("a", True, 0),
        ("b", False, 0),
        ("c", True, 1),
    ]
    assert content.notices == ["The only modality, “m”, is taken for the unaided reading."]


def test_the_order_of_ratings_survives():
    ratings = [1.5, -3.0, 0.25, 7.0, 7.0, -0.5]
    told = calls_of(ratings, gs_from=0)
    again = [(1 if is_gs else -1) * (sure + 1) for is_gs, sure in told if sure is not None]
    assert sorted(range(6), key=lambda i: ratings[i]) == sorted(range(6), key=lambda i: again[i])
    with pytest.raises(Refused, match="round the ratings first"):
        calls_of([float(i) for i in range(200)], gs_from=0)


def test_several_modalities_have_to_be_named():
    text = IMRMC.replace("NM: 1", "NM: 2").replace("R,b,m,2", "R,a,with,5").encode()
    file = File(name="x.imrmc", data=text)
    assert "say which one is the reading without the model" in problems(file, reading=Reading(gs_from=4))[0]
    content = content_of([file], reading=Reading(gs_from=4, unaided="m", aided="with"))
    assert [read.modality for read in content.reads] == ["unaided", "aided", "unaided"]
    assert "no modality is called “x”" in problems(file, reading=Reading(gs_from=4, unaided="x"))[0]


def workbook(**sheets: list[list[object]]) -> File:
    book, held = Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(held)
    return File(name="x.xlsx", data=held.getvalue())


HEAD = ["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"]
TRUTH = [HEAD, [1, 0, 0, "R", "m", "ROC"], [2, 1, 0, "R", "m", "FCTRL"]]
FP = [["ReaderID", "ModalityID", "CaseID", "FP_Rating"], ["R", "m", 1, 0]]
TP = [["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"], ["R", "m", 2, 1, 1]]


def test_a_workbook_is_read_and_its_faults_are_told():
    assert len(content_of([workbook(TRUTH=TRUTH, NL=FP, LL=TP)], reading=Reading()).reads) == 2
    assert "has no sheet TP" in problems(workbook(TRUTH=TRUTH, FP=FP))[0]
    assert "case 2 has no rating by R in m" in problems(workbook(TRUTH=TRUTH, FP=FP, TP=TP[:1]))[0]
    wrong = [*TP, ["R", "m", 1, 1, 1]]
    assert "case 1 is a control on sheet TRUTH" in problems(workbook(TRUTH=TRUTH, FP=FP, TP=wrong))[0]
    froc = [HEAD, [1, 0, 0, "R", "m", "FROC"], *TRUTH[2:]]
    assert "only ROC data" in problems(workbook(TRUTH=froc, FP=FP, TP=TP))[0]
    broken = workbook(TRUTH=TRUTH, FP=FP, TP=TP).data
    assert (
        "none of the forms"
        in problems(File(name="x.xlsx", data=broken[:200].replace(b"\0", b"x").decode("latin1").encode()))[0]
    )


@pytest.mark.django_db
def test_a_refused_import_leaves_nothing_behind(investigator: User):
    with pytest.raises(FilesRefused):
        import_study(files=[SCORES], wishes=Wishes(name="Half", kind="test", reading=AT_HALF), by=investigator)
    Study.objects.create(
        name="Taken", cohort=Cohort.objects.create(name="C", created_by=investigator), created_by=investigator
    )
    with pytest.raises(Refused, match="named “Taken” already"):
        import_study(files=[SCORES, READS], wishes=Wishes(name="Taken", kind="test", reading=AT_HALF), by=investigator)
    assert not Subject.objects.exists()
    assert not StudyImport.objects.exists()
    assert not StagedFile.objects.exists()


@pytest.mark.django_db
def test_a_fault_of_the_database_leaves_nothing_behind(investigator: User, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("screening.imports.services.store_run", fail)
    with pytest.raises(RuntimeError):
        import_study(files=[SCORES, READS], wishes=Wishes(name="Whole", kind="test", reading=AT_HALF), by=investigator)
    assert not Study.objects.exists()
    assert not User.objects.filter(email__endswith=".invalid").exists()


def test_reads_without_any_truth_are_refused_in_one_sentence():
    assert problems(READS) == ["reads.csv, row 1: says nothing of the truth: add a column truth, or a file of scores."]


def test_old_line_ends_are_no_fault_and_a_line_without_end_is_told():
    old = File(name="s.csv", data=SCORES.data.replace(b"\n", b"\r"))
    assert len(content_of([old, READS], reading=AT_HALF).cases) == 4
    endless = File(name="s.csv", data=SCORES.data + b'\n"' + b"x" * 200_000)
    assert "s.csv, row 6: cannot be read as a line of CSV: is a quotation mark left open?" in problems(endless, READS)
    assert "none of the forms" in problems(File(name="s.csv", data=b"x" * 200_000))[0]
