"""Photos of different subjects that look the same: shown side by side, decided once, kept and audited."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.imports.likeness import NEAR_BITS, mirrored, near_pairs
from readerstudy.studies.models import Photo, Resemblance
from readerstudy.studies.selectors.likeness import alike_pairs
from readerstudy.studies.services.likeness import decide_resemblance

pytestmark = pytest.mark.django_db


def hashed(row: int) -> str:
    """Fingerprints far from each other and from each other's mirror images."""
    import numpy as np

    return np.random.default_rng(row).bytes(32).hex()


def near(fingerprint: str, *, bits: int) -> str:
    return f"{int(fingerprint, 16) ^ ((1 << bits) - 1):064x}"


@pytest.fixture
def cohort(study):
    """T000 looks like T001, a control, and T002 is a mirrored copy of T004."""
    photos = list(study.cohort.photos.order_by("id"))
    for row, photo in enumerate(photos):
        photo.perceptual_hash = hashed(row)
    photos[1].perceptual_hash = near(photos[0].perceptual_hash, bits=12)
    photos[4].perceptual_hash = mirrored(photos[2].perceptual_hash)
    Photo.objects.bulk_update(photos, ["perceptual_hash"])
    return study.cohort


def codes(cohort) -> list[tuple[str, str, int]]:
    return [(pair.first.subject.code, pair.second.subject.code, pair.bits) for pair in alike_pairs(cohort)]


def subjects(cohort, *names: str):
    return [cohort.subjects.get(code=name) for name in names]


def test_pairs_are_found_by_the_rule_of_the_import_the_most_similar_first(cohort):
    assert codes(cohort) == [("T002", "T004", 0), ("T000", "T001", 12)]
    assert [pair.contradicts for pair in alike_pairs(cohort)] == [False, True]


def test_the_rule_ends_where_the_import_ends():
    base = hashed(0)
    assert near_pairs([base, near(base, bits=NEAR_BITS)]) == [(0, 1, NEAR_BITS)]
    assert near_pairs([base, near(base, bits=NEAR_BITS + 1)]) == []
    assert near_pairs([]) == near_pairs([base]) == []


def test_two_photos_of_one_subject_are_no_pair(cohort):
    first, second = cohort.photos.order_by("id")[:2]
    Photo.objects.filter(pk=second.pk).update(subject=first.subject, is_index=False)
    assert codes(cohort) == [("T002", "T004", 0)]


def test_erased_photos_are_compared_with_nothing(cohort, coordinator):
    from readerstudy.studies.services.cohorts import withdraw_consent

    withdraw_consent(subject=subjects(cohort, "T000")[0], by=coordinator)
    assert codes(cohort) == [("T002", "T004", 0)]


def test_a_decision_is_kept_whatever_the_order_and_goes_to_the_end_of_the_list(cohort, coordinator):
    one, other = subjects(cohort, "T004", "T002")
    decide_resemblance(one=one, other=other, is_same_child=True, by=coordinator)
    assert [pair.decision and pair.decision.is_same_child for pair in alike_pairs(cohort)] == [None, True]


def test_a_decision_can_be_changed_and_the_audit_log_keeps_both(cohort, coordinator):
    one, other = subjects(cohort, "T002", "T004")
    decide_resemblance(one=one, other=other, is_same_child=True, by=coordinator)
    decide_resemblance(one=other, other=one, is_same_child=False, by=coordinator)
    assert Resemblance.objects.get().is_same_child is False
    said = AuditEvent.objects.filter(action="resemblance.decided").order_by("id").values_list("detail", flat=True)
    assert list(said) == [{"subjects": ["T002", "T004"], "is_same_child": same} for same in (True, False)]


def test_only_two_subjects_of_one_cohort_can_be_compared(cohort, neighbour, coordinator):
    [mine] = subjects(cohort, "T002")
    for other in (mine, neighbour.cohort.subjects.first()):
        with pytest.raises(Refused, match="two different subjects"):
            decide_resemblance(one=mine, other=other, is_same_child=True, by=coordinator)


def test_the_database_refuses_a_second_row_and_a_wrong_order(cohort, coordinator):
    first, second = subjects(cohort, "T002", "T004")
    facts = {"is_same_child": True, "decided_by": coordinator}
    with pytest.raises(IntegrityError), transaction.atomic():
        Resemblance.objects.create(first=second, second=first, **facts)
    Resemblance.objects.create(first=first, second=second, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resemblance.objects.create(first=first, second=second, **facts)


def test_the_page_shows_both_and_takes_the_answer(client, cohort, coordinator):
    client.force_login(coordinator)
    url = reverse("studies:likeness", args=[cohort.pk])
    page = client.get(url).content.decode()
    assert "2 pairs to decide" in page
    assert page.count("Their labels differ") == 1
    one, other = subjects(cohort, "T000", "T001")
    answer = {"one": one.pk, "other": other.pk, "answer": "different"}
    page = client.post(reverse("studies:likeness_decide", args=[cohort.pk]), answer, follow=True).content.decode()
    assert "T000 and T001 are different children" in page
    assert "1 pair to decide" in page
    assert Resemblance.objects.get().decided_by == coordinator


@pytest.mark.parametrize("wrong", [{"answer": "perhaps"}, {"other": "x"}, {"other": ""}, {"other": "999999"}])
def test_a_wrong_answer_is_refused_in_words(client, cohort, coordinator, wrong):
    client.force_login(coordinator)
    one, other = subjects(cohort, "T000", "T001")
    answer = {"one": one.pk, "other": other.pk, "answer": "same"} | wrong
    page = client.post(reverse("studies:likeness_decide", args=[cohort.pk]), answer, follow=True).content.decode()
    assert "Choose two subjects of this cohort" in page
    assert not Resemblance.objects.exists()


def test_an_investigator_looks_and_does_not_decide(client, cohort, investigator):
    client.force_login(investigator)
    page = client.get(reverse("studies:likeness", args=[cohort.pk])).content.decode()
    assert "T000" in page
    assert "Different children" not in page


def test_a_cohort_without_pairs_says_so(client, study, coordinator):
    client.force_login(coordinator)
    page = client.get(reverse("studies:likeness", args=[study.cohort_id])).content.decode()
    assert "No two photos look the same" in page


def test_a_script_lists_and_decides(client, cohort, coordinator):
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{cohort.pk}/likeness/"
    pairs = client.get(url).json()["results"]
    assert [(pair["one_code"], pair["other_code"], pair["is_same_child"]) for pair in pairs] == [
        ("T002", "T004", None),
        ("T000", "T001", None),
    ]
    said = {"one": pairs[0]["one"], "other": pairs[0]["other"], "is_same_child": True}
    assert client.post(url, said, content_type="application/json").status_code == 200
    assert [pair["is_same_child"] for pair in client.get(url).json()["results"]] == [None, True]
    assert client.post(url, said | {"one": 999999}, content_type="application/json").status_code == 404


def test_the_photos_of_the_page_cost_the_same_number_of_queries_whatever_their_number(client, cohort, coordinator):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(coordinator)
    counts = []
    for fingerprint in (None, hashed(0)):
        if fingerprint:
            cohort.photos.update(perceptual_hash=fingerprint)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("studies:likeness", args=[cohort.pk]))
        counts.append(len(queries))
    assert counts[0] == counts[1]
