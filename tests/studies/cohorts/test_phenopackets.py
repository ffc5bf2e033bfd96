"""Phenopackets out and in: what leaves is valid and shows nobody, what comes in becomes a manifest or a reason."""

import csv
import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from google.protobuf.json_format import Parse
from hypothesis import given
from hypothesis import strategies as st
from phenopackets.schema.v2 import Phenopacket, Sex

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.imports import manifest
from readerstudy.studies.models import Subject
from readerstudy.studies.phenopackets.reading import read_packets
from readerstudy.studies.phenopackets.writing import DAYS_A_MONTH, RESOURCES, duration_of, packet_of, write_zip

MINIMAL = {"id": "p1", "subject": {"id": "P-1"}, "metaData": {"phenopacketSchemaVersion": "2.0"}}
NOONAN = {"term": {"id": "ORPHA:648", "label": "Noonan syndrome"}}


def read(*packets: dict | bytes | str) -> object:
    """A ZIP of ``packets`` under the names 0.json, 1.json ..."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for i, packet in enumerate(packets):
            packed.writestr(f"{i}.json", json.dumps(packet) if isinstance(packet, dict) else packet)
    return read_packets(held, name="packets.zip")


@pytest.fixture
def cohort(study):
    """Twelve subjects; the first two told in full, a third withdrawn."""
    first, second, third = Subject.objects.filter(cohort=study.cohort).order_by("code")[:3]
    facts = {
        "diagnosis": "Noonan syndrome",
        "orpha": "ORPHA:648",
        "omim": "OMIM:163950",
        "age_months": 30.5,
        "sex": "F",
    }
    Subject.objects.filter(pk=first.pk).update(**facts)
    Subject.objects.filter(pk=second.pk).update(sex="M", age_months=None)
    Subject.objects.filter(pk=third.pk).update(consent_withdrawn_at=timezone.now())
    return study.cohort


def packets_of(cohort) -> dict[str, Phenopacket]:
    held = io.BytesIO()
    write_zip(cohort, held)
    with zipfile.ZipFile(held) as packed:
        return {name: Parse(packed.read(name).decode(), Phenopacket()) for name in packed.namelist()}


@pytest.mark.django_db
def test_every_subject_with_standing_consent_becomes_a_packet_of_the_schema(cohort):
    packets = packets_of(cohort)
    assert len(packets) == 11
    assert "T002.json" not in packets
    full = packets["T000.json"]
    assert (full.subject.id, full.subject.sex) == ("T000", Sex.FEMALE)
    assert full.subject.time_at_last_encounter.age.iso8601duration == "P2Y6M15D"
    (disease,) = full.diseases
    assert (disease.term.id, disease.term.label, disease.excluded) == ("ORPHA:648", "Noonan syndrome", False)
    assert [reference.id for reference in full.meta_data.external_references] == ["OMIM:163950"]
    control = packets["T001.json"]
    assert [(d.term.id, d.excluded) for d in control.diseases] == [("LOCAL:genetic-syndrome", True)]
    assert not control.subject.HasField("time_at_last_encounter")


@pytest.mark.django_db
def test_every_prefix_that_is_used_is_a_declared_resource(cohort):
    for packet in packets_of(cohort).values():
        declared = {resource.namespace_prefix for resource in packet.meta_data.resources}
        used = {term.id.partition(":")[0] for term in (packet.subject.taxonomy, *(d.term for d in packet.diseases))}
        assert used <= declared <= set(RESOURCES)
        assert packet.meta_data.phenopacket_schema_version == "2.0"
        assert packet.meta_data.created.seconds
        assert packet.meta_data.created_by.startswith("readerstudy")


@pytest.mark.django_db
def test_no_photo_birth_date_consent_number_or_person_leaves(cohort, coordinator):
    Subject.objects.filter(cohort=cohort).update(consent="C-2026-017")
    for packet in packets_of(cohort).values():
        assert not packet.files
        assert not packet.subject.HasField("date_of_birth")
        assert not re.search(rf"C-2026|{coordinator.email}|{coordinator.name}|png", str(packet))


@pytest.mark.django_db
def test_what_left_comes_back_as_the_same_facts(cohort):
    held = io.BytesIO()
    write_zip(cohort, held)
    found = read_packets(held, name="cohort.zip")
    assert found.problems == []
    rows = {row["subject_id"]: row for row in found.rows}
    for subject in Subject.objects.filter(cohort=cohort, consent_withdrawn_at__isnull=True):
        row = rows[subject.code]
        assert row["label"] == ("GS" if subject.has_syndrome else "control")
        assert (row["syndrome"], row["orpha"], row["sex"]) == (subject.diagnosis, subject.orpha, subject.sex)
        assert row["omim"] == subject.omim
        assert row["age_months"] == ("" if subject.age_months is None else f"{subject.age_months:g}")


@given(tenths=st.integers(0, 14_400))
def test_an_age_to_a_tenth_of_a_month_survives_the_journey(tenths):
    packet = MINIMAL | {"subject": {"id": "P-1", "timeAtLastEncounter": {"age": {"iso8601duration": ""}}}}
    packet["subject"]["timeAtLastEncounter"]["age"]["iso8601duration"] = duration_of(tenths / 10)
    assert float(read(packet).rows[0]["age_months"]) == tenths / 10


@pytest.mark.parametrize(
    ("duration", "months"), [("P2Y6M", "30"), ("P14Y", "168"), ("P10W", "2.3"), ("P40D", "1.3"), ("P1YT2H", "12")]
)
def test_ages_of_others_are_understood(duration, months):
    subject = {"id": "P-1", "timeAtLastEncounter": {"age": {"iso8601duration": duration}}}
    assert read(MINIMAL | {"subject": subject}).rows[0]["age_months"] == months
    assert pytest.approx(1461 / 48) == DAYS_A_MONTH


def test_a_diagnosis_may_stand_in_an_interpretation():
    solved = {
        "id": "i",
        "progressStatus": "SOLVED",
        "diagnosis": {"disease": {"id": "OMIM:163950", "label": "Noonan 1"}},
    }
    row = read(MINIMAL | {"interpretations": [solved]}).rows[0]
    assert (row["label"], row["syndrome"], row["omim"], row["orpha"]) == ("GS", "Noonan 1", "OMIM:163950", "")


def test_one_excluded_disease_beside_a_stated_one_leaves_a_gs():
    turner = {"term": {"id": "ORPHA:881", "label": "Turner syndrome"}, "excluded": True}
    row = read(MINIMAL | {"diseases": [turner, NOONAN]}).rows[0]
    assert (row["label"], row["syndrome"], row["orpha"]) == ("GS", "Noonan syndrome", "ORPHA:648")
    alone = read(MINIMAL | {"diseases": [turner]}).rows[0]
    assert (alone["label"], alone["syndrome"], alone["orpha"]) == ("control", "", "")


def test_the_picture_is_named_without_its_folders():
    files = [{"uri": "file:///data/genome.vcf"}, {"uri": "file:///home/somebody/faces/p%201.JPG?x=1"}]
    found = read(MINIMAL | {"files": files, "diseases": [NOONAN]})
    assert found.rows[0]["file"] == "p%201.JPG"
    assert found.gaps == []


def test_what_has_to_be_filled_in_is_said():
    assert read(MINIMAL).gaps == ["P-1: name the photo and the packet names no disease; say GS or control."]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1, 2]", "no “subject”"),
        ({"id": "family", "relatives": []}, "no “subject”"),
        (MINIMAL | {"metaData": {"phenopacketSchemaVersion": "1.0"}}, "only version 2 is read"),
        (MINIMAL | {"subject": {"id": "Anna Müller"}}, "not a subject code"),
        (MINIMAL | {"subject": {"id": ""}}, "every photo belongs to a subject"),
        (MINIMAL | {"subject": 7}, "does not fit the schema"),
        (
            MINIMAL | {"subject": {"id": "P-1", "timeAtLastEncounter": {"age": {"iso8601duration": "two"}}}},
            "not a duration",
        ),
        (
            MINIMAL | {"subject": {"id": "P-1", "timeAtLastEncounter": {"age": {"iso8601duration": "P999Y"}}}},
            "not an age in months",
        ),
        (MINIMAL | {"diseases": [{"term": {"id": "ORPHA:none", "label": "x"}}]}, "not an ORPHA code"),
    ],
)
def test_a_bad_packet_is_refused_with_its_reason_and_takes_no_other_down(packet, reason):
    good = MINIMAL | {"subject": {"id": "P-2"}}
    found = read(packet, good)
    assert [row["subject_id"] for row in found.rows] == ["P-2"]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("0.json: ")
    assert reason in found.problems[0]


def test_what_the_schema_does_not_know_is_passed_over():
    row = read(MINIMAL | {"subject": {"id": "P-1", "sex": "SOMETHING"}, "hospital": {"ward": 7}}).rows[0]
    assert (row["subject_id"], row["sex"]) == ("P-1", "")


def test_a_subject_comes_once():
    twin = MINIMAL | {"subject": {"id": "p-1"}}
    assert read(MINIMAL, twin).problems == ["1.json: the subject “p-1” is in 0.json too."]


def test_a_birth_date_that_comes_in_goes_nowhere():
    found = read(MINIMAL | {"subject": {"id": "P-1", "dateOfBirth": "2020-04-30T00:00:00Z"}})
    assert "2020" not in found.manifest


def test_a_formula_in_a_diagnosis_is_defused_in_the_manifest():
    found = read(MINIMAL | {"diseases": [{"term": {"id": "LOCAL:x", "label": "=cmd()"}}]})
    assert next(csv.DictReader(io.StringIO(found.manifest)))["syndrome"] == "'=cmd()"


@pytest.mark.parametrize("data", [b"PK\x03\x04 cut off", b"", b"no packet"])
def test_a_file_that_is_nothing_of_the_kind_has_its_reason(data):
    assert read_packets(io.BytesIO(data), name="x.json").problems == ["x.json: not JSON in UTF-8."]


def test_a_damaged_archive_is_refused():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("0.json", json.dumps(MINIMAL) * 50)
    torn = bytearray(held.getvalue())
    torn[40:60] = bytes(20)
    with pytest.raises(Refused, match="damaged"):
        read_packets(io.BytesIO(bytes(torn)), name="x.zip")


def test_an_archive_without_packets_is_refused():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("read-me.txt", "hello")
    with pytest.raises(Refused, match="no phenopacket"):
        read_packets(held, name="x.zip")


def test_a_huge_packet_is_not_unpacked_whole():
    found = read(" " * 3_000_000, MINIMAL)
    assert found.problems == ["0.json: larger than 2 MB."]


@pytest.mark.django_db
def test_the_manifest_goes_through_the_import_door(cohort):
    packet = MINIMAL | {"diseases": [NOONAN], "files": [{"uri": "p1.jpg"}]}
    (row,) = manifest.read(read(packet).manifest.encode()).rows
    assert (row.subject_id, row.file, row.has_syndrome, row.syndrome) == ("P-1", "p1.jpg", True, "Noonan syndrome")


@pytest.mark.django_db
def test_the_page_reads_packets_and_offers_the_manifest(client, cohort, coordinator):
    client.force_login(coordinator)
    upload = SimpleUploadedFile("p1.json", json.dumps(MINIMAL | {"diseases": [NOONAN]}).encode())
    page = client.post(f"/cohorts/{cohort.pk}/phenopackets/", {"packets": upload}).content.decode()
    assert "1 subject in the manifest" in page
    assert "P-1: name the photo." in page
    assert 'download="manifest.csv"' in page
    assert AuditEvent.objects.get(action="phenopackets.read").detail == {"subjects": 1, "refused": 0}
    again = client.post(f"/cohorts/{cohort.pk}/phenopackets/", {})
    assert again.status_code == 400


@pytest.mark.django_db
def test_scripts_get_the_zip_and_the_manifest(client, cohort, coordinator, investigator):
    client.force_login(investigator)
    answer = client.get(f"/api/v1/cohorts/{cohort.pk}/phenopackets/")
    assert len(zipfile.ZipFile(io.BytesIO(answer.getvalue())).namelist()) == 11
    upload = {"packets": SimpleUploadedFile("p1.json", json.dumps(MINIMAL).encode())}
    assert client.post(f"/api/v1/cohorts/{cohort.pk}/phenopackets/", upload).status_code == 403
    client.force_login(coordinator)
    upload["packets"].seek(0)
    told = client.post(f"/api/v1/cohorts/{cohort.pk}/phenopackets/", upload).json()
    assert (told["subjects"], told["problems"]) == (1, [])
    assert told["manifest"].startswith("subject_id,file,label")
    assert AuditEvent.objects.get(action="cohort.exported").detail == {"file": "phenopackets.zip", "subjects": 11}


@pytest.mark.django_db
def test_the_command_writes_both_and_overwrites_nothing(cohort, tmp_path, capsys):
    packed, made = tmp_path / "out.zip", tmp_path / "manifest.csv"
    call_command("phenopackets", "export", cohort.name, str(packed))
    call_command("phenopackets", "manifest", str(packed), str(made))
    assert "11 phenopackets" in capsys.readouterr().out
    assert len(made.read_text().splitlines()) == 12
    with pytest.raises(CommandError, match="there already"):
        call_command("phenopackets", "export", cohort.name, str(packed))
    with pytest.raises(CommandError, match="no cohort"):
        call_command("phenopackets", "export", "nobody", str(tmp_path / "x.zip"))


@pytest.mark.django_db
def test_a_diagnosis_without_a_code_keeps_its_words(cohort):
    subject = Subject.objects.get(cohort=cohort, code="T004")
    (disease,) = packet_of(subject).diseases
    assert (disease.term.id, disease.term.label) == ("LOCAL:noonan", "Noonan")
