"""The diagnosis' codes and when it was confirmed: read, refused, shown and given out again."""

import csv
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.imports import cells
from readerstudy.studies.models import Subject

from .conftest import picture, zipped

pytestmark = pytest.mark.django_db
HEAD = b"subject_id,file,label,syndrome,orpha,omim,confirmation,confirmed_on,index_photo\n"
ROW = b"A,a.jpg,GS,Noonan syndrome,648,#163950,other,2024-03,yes\n"


@pytest.fixture
def stored(take):
    take(zipped({"a.jpg": picture()}), HEAD + ROW)
    return Subject.objects.get()


def test_codes_and_date_reach_the_subject(stored):
    assert (stored.orpha, stored.omim) == ("ORPHA:648", "OMIM:163950")
    assert (stored.confirmation, stored.confirmed_on) == ("other", "2024-03")


@pytest.mark.parametrize("cell", ["870", "0870", "ORPHA:870", "orpha 870", "Orphanet:870", "ORPHAcode: 870"])
def test_an_orpha_code_is_known_in_its_spellings(cell):
    assert cells.orpha(cell) == "ORPHA:870"


@pytest.mark.parametrize("cell", ["190685", "#190685", "OMIM:190685", "MIM 190685", "omim #190685"])
def test_an_omim_code_is_known_in_its_spellings(cell):
    assert cells.omim(cell) == "OMIM:190685"


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        *((cells.orpha, cell) for cell in ("0", "OMIM:190685", "Q90", "870.5", "1234567", "-870")),
        *((cells.omim, cell) for cell in ("870", "ORPHA:870", "1906855", "790685", "190685.1")),
        *((cells.confirmed_on, cell) for cell in ("17.03.2024", "2024-13", "2024-02-30", "1890", "24", "yes", "99999")),
    ],
)
def test_what_is_no_code_or_date_is_refused_with_an_example(reader, cell):
    with pytest.raises(ValueError, match=f"“{cell}” is not a.*: write .* or nothing"):
        reader(cell)


@pytest.mark.parametrize("cell", ["2024", "2024-03", "2024-03-17", "2024-02-29", ""])
def test_a_date_may_be_as_rough_as_a_year(cell):
    assert cells.confirmed_on(cell) == cell


def test_nothing_is_confirmed_in_the_future():
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert cells.confirmed_on(timezone.localdate().isoformat())
    with pytest.raises(ValueError, match="not a date of the past"):
        cells.confirmed_on(tomorrow.isoformat())


def test_other_names_of_the_columns_are_understood(take):
    head = b"subject_id,file,label,Orpha code,MIM_number,Confirmation_date\n"
    take(zipped({"a.jpg": picture()}), head + b"A,a.jpg,GS,648,163950,2024\n")
    subject = Subject.objects.get()
    assert (subject.orpha, subject.omim, subject.confirmed_on) == ("ORPHA:648", "OMIM:163950", "2024")


def test_two_columns_of_one_meaning_are_refused(take):
    batch = take(zipped({"a.jpg": picture()}), b"subject_id,file,label,orpha,orphacode\nA,a.jpg,GS,648,648\n")
    assert "the column orpha more than once" in batch.problem


def test_a_control_has_no_code_of_a_diagnosis(take):
    batch = take(zipped({"a.jpg": picture()}), b"subject_id,file,label,orpha,omim\nA,a.jpg,control,648,163950\n")
    assert batch.problem.split("\n") == [
        "Row 2, orpha: only a subject labelled GS can have a diagnosis.",
        "Row 2, omim: only a subject labelled GS can have a diagnosis.",
    ]
    assert not Subject.objects.exists()


def test_the_database_refuses_a_control_with_a_code(cohort):
    with pytest.raises(IntegrityError):
        Subject.objects.create(cohort=cohort, code="X", has_syndrome=False, orpha="ORPHA:648")


def test_two_rows_of_one_subject_may_not_name_two_codes(take):
    rows = b"A,a.jpg,GS,648,yes\nA,b.jpg,GS,649,no\n"
    batch = take(zipped({"a.jpg": picture(1)}), b"subject_id,file,label,orpha,index_photo\n" + rows)
    assert "Rows 2 and 3 are one subject (A) but contradict each other" in batch.problem


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (b"648", b"649", "rejected"),
        (b"648", b"648", "added"),
        (b"648", b"", "added"),
        (b"other", b"array", "rejected"),
        (b"other", b"", "added"),
        (b"2024-03", b"2024-04", "rejected"),
    ],
)
def test_a_later_import_may_leave_a_code_or_its_confirmation_out_but_not_change_it(take, stored, old, new, verdict):
    manifest = HEAD + ROW.replace(old, new).replace(b"a.jpg", b"b.jpg").replace(b"yes", b"no")
    line = take(zipped({"b.jpg": picture(2)}), manifest).lines.get()
    assert line.verdict == verdict
    assert ("another ORPHA code" in line.reason) == (verdict == "rejected")


def test_the_page_of_a_subject_shows_them(client, coordinator, cohort, stored):
    client.force_login(coordinator)
    page = client.get(reverse("studies:subject", args=[cohort.pk, stored.pk])).content.decode()
    assert "ORPHA:648, OMIM:163950" in page
    assert "another test, 2024-03" in page


def test_a_script_reads_them(client, coordinator, cohort, stored):
    client.force_login(coordinator)
    [subject] = client.get(f"/api/v1/cohorts/{cohort.pk}/subjects/").json()["results"]
    assert {"code": "A", "orpha": "ORPHA:648", "omim": "OMIM:163950", "confirmed_on": "2024-03"}.items() <= (
        subject.items()
    )


def test_a_cohort_goes_out_as_a_manifest_that_comes_in_again(client, coordinator, cohort, take, stored):
    from readerstudy.studies.imports.manifest import read

    client.force_login(coordinator)
    response = client.get(reverse("studies:cohort_manifest", args=[cohort.pk]))
    data = b"".join(response.streaming_content)
    [row] = read(data).rows
    assert (row.subject_id, row.codes) == ("A", ("ORPHA:648", "OMIM:163950", "other", "2024-03"))
    assert take(zipped({"a.jpg": picture()}), data).lines.get().verdict == "ignored"
    assert AuditEvent.objects.filter(action="cohort.exported", target=f"cohort:{cohort.pk}").count() == 1


def test_the_manifest_leaves_out_who_withdrew_and_defuses_formulas(client, coordinator, cohort, take, stored):
    from readerstudy.studies.services.cohorts import withdraw_consent

    take(zipped({"b.jpg": picture(2)}), b"subject_id,file,label,consent\nB,b.jpg,control,=1+1\n")
    withdraw_consent(subject=stored, by=coordinator)
    client.force_login(coordinator)
    response = client.get(reverse("studies:cohort_manifest", args=[cohort.pk]))
    [row] = csv.DictReader(b"".join(response.streaming_content).decode().splitlines())
    assert (row["subject_id"], row["consent"]) == ("B", "'=1+1")
