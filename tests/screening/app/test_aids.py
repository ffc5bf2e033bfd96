"""Freezing the model's output for readers: whole, once, and only while nobody has seen any of it."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import ReadingSession
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid
from readerstudy.studies.services.cohorts import withdraw_consent
from screening.aids import aid_state, prepare_aids
from tests.screening.app.test_tables import finished_run
from training.models import Prediction, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def aided(make_study, coordinator, investigator, reader_user):
    study = make_study(coordinator, investigator, reader_user, name="Aided", practice=2, design="sequential")
    run = finished_run(study, investigator)
    for prediction in Prediction.objects.filter(run=run):
        prediction.heat_map.save(f"heat-{prediction.pk}.png", ContentFile(b"\x89PNG heat"))
    return study, run


def test_every_case_to_read_gets_what_its_own_fold_said(aided, investigator):
    study, run = aided
    Prediction.objects.filter(run=run).update(calibrated=0.25)
    state = prepare_aids(study=study, run=run, by=investigator)
    assert (state.cases, state.prepared, state.calibrated, state.with_heat_map) == (10, 10, 10, 10)
    assert state.is_complete
    aid = Aid.objects.filter(case__study=study).first()
    assert (aid.probability, aid.is_calibrated, aid.label, aid.run) == (0.25, True, "Run", run.pk)
    assert aid.heat_map.read() == b"\x89PNG heat"
    assert not Aid.objects.filter(case__is_practice=True).exists()
    assert AuditEvent.objects.filter(action="aids.prepared", target=f"study:{study.pk}").count() == 1


def test_without_calibration_the_score_is_taken_and_not_called_a_probability(aided, investigator):
    study, run = aided
    state = prepare_aids(study=study, run=run, by=investigator)
    assert state.calibrated == 0
    case = study.cases.get(number=5)
    assert case.aid.probability == pytest.approx(Prediction.objects.get(run=run, photo=case.photo).score)


def test_prepared_again_the_old_output_is_gone_with_its_files(aided, investigator):
    study, run = aided
    prepare_aids(study=study, run=run, by=investigator)
    old = Aid.objects.first()
    Prediction.objects.filter(run=run).update(calibrated=0.5)
    prepare_aids(study=study, run=run, by=investigator)
    assert Aid.objects.count() == 10
    assert not Aid.objects.filter(pk=old.pk).exists()
    assert set(Aid.objects.values_list("probability", flat=True)) == {0.5}


def test_a_run_that_lacks_a_case_is_refused_and_nothing_is_kept(aided, investigator):
    study, run = aided
    Prediction.objects.filter(photo=study.cases.get(number=4).photo).update(score=None)
    with pytest.raises(Refused, match=r"1 of 10 faces have no held-out score in this run \(case 4\)"):
        prepare_aids(study=study, run=run, by=investigator)
    assert not Aid.objects.exists()


def test_an_unfinished_run_another_cohorts_run_and_an_unaided_study_are_refused(aided, neighbour, study, investigator):
    aided_study, run = aided
    other = finished_run(neighbour, investigator)
    with pytest.raises(Refused, match="another cohort"):
        prepare_aids(study=aided_study, run=other, by=investigator)
    run.state = State.RUNNING
    with pytest.raises(Refused, match="not finished"):
        prepare_aids(study=aided_study, run=run, by=investigator)
    with pytest.raises(Refused, match="never shows"):
        prepare_aids(study=study, run=finished_run(study, investigator), by=investigator)


def test_once_a_reader_has_begun_with_it_it_stays_the_same(aided, investigator):
    study, run = aided
    prepare_aids(study=study, run=run, by=investigator)
    ReadingSession.objects.create(
        reader=study.readers.get(), protocol=study.protocols.get(), seed=1, started_at=timezone.now()
    )
    assert aid_state(study).has_begun
    with pytest.raises(Refused, match="stay the same"):
        prepare_aids(study=study, run=run, by=investigator)


def test_the_heat_map_goes_when_consent_is_withdrawn_and_the_number_stays(aided, investigator, coordinator):
    study, run = aided
    prepare_aids(study=study, run=run, by=investigator)
    case = study.cases.get(number=6)
    storage, name = case.aid.heat_map.storage, case.aid.heat_map.name
    withdraw_consent(subject=case.photo.subject, by=coordinator)
    aid = Aid.objects.get(case=case)
    assert not aid.heat_map
    assert not storage.exists(name)
    assert aid.probability > 0


def test_the_page_prepares_and_says_how_far_it_is(aided, client, investigator):
    study, run = aided
    client.force_login(investigator)
    path = f"/analysis/{study.pk}/aids/"
    assert "0 of 10" in client.get(path).content.decode()
    assert "not prepared yet" in client.get(f"/analysis/{study.pk}/").content.decode()
    assert client.post(path, {"run": run.pk}).url == path
    page = client.get(path).content.decode()
    assert "10 of 10" in page
    assert "no calibrated probabilities" in page
    Prediction.objects.filter(run=run).update(score=None)
    assert "have no held-out score" in client.post(path, {"run": run.pk}).content.decode()


def test_the_api_does_the_same(aided, client, investigator):
    study, run = aided
    client.force_login(investigator)
    path = f"/api/v1/studies/{study.pk}/aids/"
    assert client.get(path).json()["prepared"] == 0
    answer = client.post(path, {"run": run.pk}, content_type="application/json")
    assert (answer.status_code, answer.json()["prepared"]) == (200, 10)
    study.status = "closed"
    study.closed_at = timezone.now()
    study.save()
    answer = client.post(path, {"run": run.pk}, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"][:19]) == (409, "The study is closed")
