"""Making a comparison: once per inputs, never changed, refused with a sentence where nothing sound can come out."""

import pytest
from django.db import DatabaseError, connection, transaction

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Call, Exposure
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader, Subject
from readerstudy.studies.services.studies import close_study
from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build, read_all
from tests.screening.app.test_tables import finished_run
from training.models import Fold, Prediction, State

QUICK = Options(replicates=200)


@pytest.fixture
def paperlike(db) -> Paperlike:
    return build(n=120)


def compared(world: Paperlike, options: Options = QUICK) -> Comparison:
    return compare(study=world.study, run=world.run, options=options, by=world.investigator)


def refusal(world: Paperlike) -> str:
    with pytest.raises(Refused) as refused:
        compared(world)
    return refused.value.message


def test_the_same_inputs_give_the_stored_comparison(paperlike, coordinator):
    first = compared(paperlike)
    again = compare(study=paperlike.study, run=paperlike.run, options=QUICK, by=coordinator)
    assert again.pk == first.pk
    assert again.created_by == paperlike.investigator
    assert Comparison.objects.count() == 1
    event = AuditEvent.objects.get(action="comparison.made")
    assert (event.target, event.detail["comparison"]) == (f"study:{paperlike.study.pk}", first.pk)


def test_it_stands_on_the_audit_page_of_its_study(paperlike, client):
    made = compared(paperlike)
    client.force_login(paperlike.coordinator)
    page = client.get(f"/studies/{paperlike.study.pk}/audit/?action=comparison.made").content.decode()
    assert made.fingerprint in page


def test_other_options_give_another_comparison(paperlike):
    assert compared(paperlike).pk != compared(paperlike, Options(replicates=200, seed=5)).pk


def test_a_new_revision_of_one_call_gives_another_comparison(paperlike):
    first = compared(paperlike)
    old = Call.objects.order_by("id").first()
    Call.objects.create(trial=old.trial, revision=2, is_gs=not old.is_gs, idempotency_key="second thoughts")
    second = compared(paperlike)
    assert second.pk != first.pk
    assert second.result["readers"][0]["confusion"] != first.result["readers"][0]["confusion"]


def test_closing_the_study_gives_a_comparison_that_is_not_interim(db):
    world = build(status="open", n=60)
    interim = compared(world)
    world.study.status = "closed"
    final = compared(world)
    assert final.pk != interim.pk
    assert any("still open" in caution for caution in interim.result["warnings"])
    assert not any("still open" in caution for caution in final.result["warnings"])


def test_a_comparison_is_never_changed(paperlike):
    made = compared(paperlike)
    with pytest.raises(TypeError, match="never changed"):
        made.save()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Comparison.objects.filter(pk=made.pk).update(fingerprint="0" * 64)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE screening_comparison SET result = '{}'")
    made.refresh_from_db()
    assert made.result["cases"]["n"] == 120


def test_equal_seeds_give_equal_numbers(paperlike):
    one = compared(paperlike).result
    Comparison.objects.all().delete()
    assert compared(paperlike).result == one


def test_it_refuses_an_unfinished_run(paperlike):
    paperlike.run.state = State.RUNNING
    assert "not finished" in refusal(paperlike)


def test_it_refuses_a_run_on_another_cohort(paperlike):
    paperlike.run.cohort = build(name="Elsewhere", readers=False, n=60).study.cohort
    assert "another cohort" in refusal(paperlike)


def test_it_refuses_a_study_without_reads(db):
    assert "No reader has called a case yet" in refusal(build(readers=False, n=60))


def test_it_refuses_cases_without_a_score_and_names_them(paperlike):
    Prediction.objects.filter(photo__cases__number__in=[3, 7]).delete()
    message = refusal(paperlike)
    assert "2 of 120 cases have no held-out score" in message
    assert "case 3, 7" in message


def test_it_refuses_a_fold_without_a_threshold(paperlike):
    Fold.objects.filter(index=2).update(threshold=None)
    assert "threshold" in refusal(paperlike)


def test_it_refuses_one_class_only(paperlike):
    Subject.objects.update(diagnosis="", has_syndrome=False)
    assert "at least two cases with and two without" in refusal(paperlike)


def test_it_refuses_a_study_without_cases(paperlike):
    paperlike.study.cases.update(is_practice=True)
    assert "no cases" in refusal(paperlike)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"replicates": 5}, "200, 2000 or 10000"),
        ({"level": 0.5}, "0.9, 0.95 or 0.99"),
        ({"by": "threshold"}, "specificity or sensitivity"),
        ({"seed": -1}, "seed"),
        ({"margin": 2.0}, "margin"),
        ({"bootstraps": 7}, "Unknown option bootstraps"),
    ],
)
def test_options_are_refused_with_what_they_may_be(values, word):
    with pytest.raises(Refused, match=word):
        Options.from_dict(values)


def test_a_reader_of_a_part_is_compared_on_that_part(paperlike):
    reader = Reader.objects.create(study=paperlike.study, user=paperlike.coordinator, code="JP 9", seniority="junior")
    part = list(paperlike.study.cases.all()[:60])
    read_all(reader, [(case, case.number % 2 == 0) for case in part])
    result = compared(paperlike).result
    entry = result["readers"][-1]
    assert (entry["n_read"], entry["n_missing"]) == (60, 60)
    assert entry["paired"]["n_cases"] + entry["paired"]["n_controls"] == 60
    assert "On the 60 cases both judged" in entry["words"]["test"]
    assert any("JP 9 60" in caution for caution in result["warnings"])


def test_a_reader_of_one_class_has_no_point_and_the_others_keep_theirs(paperlike):
    reader = Reader.objects.create(study=paperlike.study, user=paperlike.coordinator, code="JP 9")
    controls = paperlike.study.cases.filter(photo__subject__has_syndrome=False)[:5]
    read_all(reader, [(case, False) for case in controls])
    Reader.objects.create(study=paperlike.study, user=paperlike.investigator, code="JP 10")
    *others, one_class, unread = compared(paperlike).result["readers"]
    assert not one_class["has_point"]
    assert "one class only" in one_class["words"]["headline"]
    assert "not read any case" in unread["words"]["headline"]
    assert all(entry["has_point"] and "after Holm's correction for 5" in entry["words"]["test"] for entry in others)


def test_open_studies_phantoms_simulated_readers_and_the_class_mix_are_stated(db):
    warnings = " ".join(compared(build(status="open", kind="phantom", n=60)).result["warnings"])
    for words in (
        "digital phantom",
        "simulated physicians",
        "still open",
        "50 % of these cases",
        "not the paper's full",
    ):
        assert words in warnings


def test_a_closed_study_is_not_called_open(paperlike):
    result = compared(paperlike).result
    assert result["study"]["status"] == "closed"
    assert not any("still open" in caution for caution in result["warnings"])


def test_flagged_exposures_can_be_left_out(paperlike):
    first = Exposure.objects.filter(trial__session__reader__code="SP 1").order_by("id")[:7]
    Exposure.objects.filter(pk__in=[exposure.pk for exposure in first]).update(flags=["shown for 9 000 ms"])
    kept = compared(paperlike).result
    left_out = compared(paperlike, Options(replicates=200, without_flagged=True)).result
    assert (kept["readers"][0]["n_read"], left_out["readers"][0]["n_read"]) == (120, 113)
    assert kept["readers"][0]["n_flagged"] == 7
    assert left_out["population"]["n_cases"] == 113
    assert any("Sensitivity analysis" in caution for caution in left_out["warnings"])


def test_one_reader_is_no_population(study, investigator):
    run = finished_run(study, investigator)
    read_all(study.readers.get(), [(case, case.number % 3 == 0) for case in study.cases.all()])
    study = close_study(study=study, by=study.created_by)
    made = compare(study=study, run=run, options=QUICK, by=investigator)
    assert made.result["population"] is None
    assert made.result["mean_reader"] is None


def test_the_margin_of_non_inferiority_is_answered(paperlike):
    result = compared(paperlike, Options(replicates=200, margin=0.05)).result
    assert all("non-inferior at a margin of 5 points" in reader["words"]["test"] for reader in result["readers"])
