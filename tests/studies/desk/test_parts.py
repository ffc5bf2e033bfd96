"""Split-plot: faces divided into parts that look alike, readers dealt one part each."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.selectors import consent_version
from readerstudy.reading.services import record_consent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol, Reader, Study, Subject
from readerstudy.studies.selectors.monitor import progress_of
from readerstudy.studies.selectors.studies import CaseCounts, current_protocol, opening_checks, protocol_digest
from readerstudy.studies.selectors.summary import protocol_sentences
from readerstudy.studies.services.parts import deal_part, divide_faces
from readerstudy.studies.services.people import add_reader, withdraw_reader
from readerstudy.studies.services.studies import choose_cases, create_study, open_study, update_protocol


@pytest.fixture
def cohort(make_cohort, coordinator):
    """31 faces: 16 GS with three diagnoses and 15 controls."""
    made = make_cohort(coordinator, n=31)
    for i, subject in enumerate(Subject.objects.filter(cohort=made, has_syndrome=True)):
        subject.diagnosis = ("Noonan", "Down", "Turner")[i % 3]
        subject.save()
    return made


@pytest.fixture
def draft(cohort, coordinator) -> Study:
    made = create_study(cohort=cohort, name="Divided", created_by=coordinator, parts=3)
    choose_cases(study=made, by=coordinator)
    return made


@pytest.fixture
def opened(draft, coordinator) -> Study:
    return open_study(study=draft, by=coordinator)


@pytest.fixture
def join(opened, make_user):
    """A reader who has consented, and so been dealt a part."""

    def joined(name: str, seniority: str = "senior", **more) -> Reader:
        reader = add_reader(study=opened, user=make_user(name), seniority=seniority, **more)
        return record_consent(reader=reader, version=consent_version(opened))

    return joined


def test_a_draft_is_not_divided_yet_and_opening_deals_every_face(draft, coordinator):
    assert set(draft.cases.values_list("part", flat=True)) == {None}
    opened = open_study(study=draft, by=coordinator)
    assert sorted(Counter(opened.cases.values_list("part", flat=True)).values()) == [10, 10, 11]
    (event,) = AuditEvent.objects.filter(action="cases.divided")
    assert sum(event.detail["parts"].values()) == 31


def test_parts_look_alike_in_group_and_diagnosis(opened):
    for field in ("has_syndrome", "diagnosis"):
        mixes = Counter(opened.cases.values_list(f"photo__subject__{field}", "part"))
        for value in {value for value, _ in mixes}:
            shares = [mixes[value, part] for part in (1, 2, 3)]
            assert max(shares) - min(shares) <= 1, (field, value)


def test_the_same_seed_divides_alike_and_another_one_does_not(opened):
    def division(seed: int) -> list[int]:
        divide_faces(study=opened, protocol=current_protocol(opened), seed=seed)
        return list(opened.cases.order_by("number").values_list("part", flat=True))

    assert division(5) == division(5) != division(6)


def test_the_division_is_frozen_with_the_protocol(opened):
    protocol = current_protocol(opened)
    assert protocol.digest == protocol_digest(protocol)
    first, other = opened.cases.filter(part=1).first(), opened.cases.filter(part=2).first()
    opened.cases.filter(pk=first.pk).update(part=2)
    opened.cases.filter(pk=other.pk).update(part=1)
    assert protocol.digest != protocol_digest(protocol)


def test_practice_faces_belong_to_no_part(draft, coordinator):
    choose_cases(study=draft, by=coordinator, practice=3)
    opened = open_study(study=draft, by=coordinator)
    assert set(opened.cases.filter(is_practice=True).values_list("part", flat=True)) == {None}


def test_parts_are_dealt_evenly_and_within_a_seniority(join):
    dealt = [
        (seniority, join(f"{seniority} {i}", seniority).part) for i in range(6) for seniority in ("senior", "junior")
    ]
    assert Counter(dealt) == {(seniority, part): 2 for seniority in ("senior", "junior") for part in (1, 2, 3)}


def test_whoever_takes_a_place_takes_its_part_and_a_place_left_empty_is_filled(join, coordinator):
    one, two, three = (join(f"Reader {i}") for i in range(3))
    withdraw_reader(reader=two, by=coordinator)
    assert join("Stand-in", replaces=two).part == two.part
    withdraw_reader(reader=three, by=coordinator)
    assert join("Late").part == three.part != one.part


def test_a_part_is_dealt_once(join):
    reader = join("Reader 1")
    assert AuditEvent.objects.get(action="reader.allocated").detail == {"code": reader.code, "part": reader.part}
    record_consent(reader=reader, version=consent_version(reader.study))
    assert AuditEvent.objects.filter(action="reader.allocated").count() == 1


def test_each_session_holds_the_readers_own_part(join):
    for i in range(4):
        reader = join(f"Reader {i}")
        faces = set(reader.sessions.get(is_practice=False).trials.values_list("case", flat=True))
        assert faces == set(reader.study.cases.filter(part=reader.part).values_list("id", flat=True))


def test_the_monitor_counts_each_readers_own_faces(join, opened, make_user):
    reader = join("Reader 1")
    add_reader(study=opened, user=make_user("Not yet"))
    mine, waiting = progress_of(opened)
    assert mine.total == opened.cases.filter(part=reader.part).count()
    assert waiting.total == 11, "the most it can be, before a part is dealt"


def test_the_monitor_names_the_part(client, join, opened, coordinator):
    reader = join("Reader 1")
    client.force_login(coordinator)
    assert f"part {reader.part}" in client.get(f"/studies/{opened.pk}/monitor/").content.decode()
    (row,) = client.get(f"/api/v1/studies/{opened.pk}/monitor/").json()["readers"]
    assert row["part"] == reader.part


def test_another_number_of_parts_before_the_first_face_is_a_new_version_dealt_anew(join, opened, coordinator):
    reader = join("Reader 1")
    before = current_protocol(opened).digest
    protocol = update_protocol(study=opened, by=coordinator, reason="Too long", parts=5)
    reader.refresh_from_db()
    assert reader.part is None
    assert set(opened.cases.values_list("part", flat=True)) == {1, 2, 3, 4, 5}
    assert protocol.digest == protocol_digest(protocol) != before
    update_protocol(study=opened, by=coordinator, reason="All after all", parts=1)
    assert set(opened.cases.values_list("part", flat=True)) == {None}


@pytest.mark.parametrize("parts", [8, 40])
def test_parts_that_no_analysis_could_use_stop_the_opening(draft, coordinator, parts):
    update_protocol(study=draft, by=coordinator, parts=parts)
    (check,) = (check for check in opening_checks(draft) if check.label == "Parts")
    assert check.state == "stop"
    with pytest.raises(Refused, match="fewer than 2 faces of one group"):
        open_study(study=draft, by=coordinator)


def test_and_stop_a_change_of_an_open_study(opened, coordinator):
    with pytest.raises(Refused, match="fewer than 2 faces of one group"):
        update_protocol(study=opened, by=coordinator, reason="More", parts=8)
    assert current_protocol(opened).parts == 3


def test_impossible_numbers_of_parts_are_refused(cohort, coordinator, draft):
    for parts in (0, 51):
        with pytest.raises(Refused, match="1 to 50 parts"):
            create_study(cohort=cohort, name=f"With {parts}", created_by=coordinator, parts=parts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Protocol.objects.filter(study=draft).update(parts=0)


def test_the_protocol_says_it_in_plain_words():
    counts = CaseCounts(reading=31, practice=0, with_syndrome=16, without_syndrome=15, unstated=0)
    words = " ".join(protocol_sentences(Protocol(parts=3), counts))
    assert "The 31 faces are divided at random into 3 parts" in words
    assert "one part, 10 or 11 faces" in words
    assert "Each reader reads one part, in a random order" in " ".join(protocol_sentences(Protocol(parts=3)))
    assert "part" not in " ".join(protocol_sentences(Protocol(), counts)).replace("apart", "")


def test_arms_and_sides_are_dealt_anew_within_each_part(cohort, coordinator, make_user):
    """With two parts and one turn for all, every reader of a part would begin with the same arm."""
    study = create_study(
        cohort=cohort, name="Two", created_by=coordinator, parts=2, design="crossover", sides="by_reader"
    )
    choose_cases(study=study, by=coordinator)
    study = open_study(study=study, by=coordinator)
    met = set()
    for i in range(8):
        reader = add_reader(study=study, user=make_user(f"Reader {i}"))
        reader = record_consent(reader=reader, version=consent_version(study))
        first, second = reader.sessions.filter(is_practice=False).order_by("occasion")
        assert set(first.trials.values_list("case")) == set(second.trials.values_list("case"))
        met.add((reader.part, first.arm, first.gs_side))
    assert len(met) == 8


def test_deal_part_counts_no_reader_twice(join, opened):
    reader = join("Reader 1")
    assert deal_part(reader=reader, protocol=current_protocol(opened)).part == reader.part
