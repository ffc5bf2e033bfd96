"""A reader's own result: after closing, by protocol, and nobody else's."""

import pytest
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Reader
from readerstudy.studies.services.studies import close_study
from screening.analysis.options import Options
from screening.services import compare
from tests.screening.app.test_tables import finished_run

pytestmark = pytest.mark.django_db
WRONG = {1, 4}  # one syndrome missed, one false alarm


@pytest.fixture
def read(make_study, coordinator, investigator, reader_user, make_user):
    """Twelve cases read by Rosa with two mistakes, and by somebody else who calls everything GS."""
    study = make_study(coordinator, investigator, reader_user, shows_own_result=True, is_blinded_until_closed=False)
    other = Reader.objects.create(study=study, user=make_user("Olga Other"), code="SP 2")
    for reader in (study.readers.get(code="SP 1"), other):
        _read_all(study, reader, calls_all=reader == other)
    return study


def _read_all(study, reader, *, calls_all: bool) -> None:
    now = timezone.now()
    reader.consented_at = now
    reader.save()
    session = ReadingSession.objects.create(
        reader=reader, protocol=study.protocols.get(), seed=1, started_at=now, finished_at=now
    )
    for case in study.cases.all():
        trial = Trial.objects.create(session=session, case=case, position=case.number)
        Exposure.objects.create(trial=trial, started_at=now, ended_at=now, requested_ms=10_000)
        truth = case.photo.subject.has_syndrome
        is_gs = True if calls_all else truth != (case.number in WRONG)
        Call.objects.create(trial=trial, is_gs=is_gs, idempotency_key=str(trial.token))


def path(study) -> str:
    return f"/analysis/{study.pk}/mine/"


def test_while_the_study_is_open_nobody_sees_a_result(read, client, reader_user):
    client.force_login(reader_user)
    assert client.get(path(read)).status_code == 403
    assert path(read) not in client.get(f"/read/{read.pk}/done/").content.decode()


def test_after_closing_the_reader_sees_her_own_counts_and_rates(read, client, coordinator, reader_user):
    close_study(study=read, by=coordinator)
    client.force_login(reader_user)
    assert client.get(f"/read/{read.pk}/done/").context["shows_result"] is True
    answer = client.get(path(read))
    (stage,) = answer.context["own"].stages
    assert stage["counts"] == {"tp": 5, "fn": 1, "tn": 5, "fp": 1}
    assert stage["sensitivity"]["value"] == pytest.approx(5 / 6)
    assert (stage["sensitivity"]["lower"], stage["sensitivity"]["upper"]) == pytest.approx((0.4365, 0.9699), abs=1e-4)
    page = answer.content.decode()
    assert "83.3" in page
    assert "has not been made yet" in page
    assert "SP 2" not in page


def test_the_model_stands_beside_it_once_compared(read, client, coordinator, investigator, reader_user):
    close_study(study=read, by=coordinator)
    read.refresh_from_db()
    made = compare(study=read, run=finished_run(read, investigator), options=Options(replicates=200), by=investigator)
    client.force_login(reader_user)
    answer = client.get(path(read))
    model = answer.context["own"].model
    assert model["sensitivity"] == made.result["model"]["rates"]["sensitivity"]
    curve = made.result["model"]["bands"]["specificity"]
    near = min(range(len(curve["grid"])), key=lambda i: abs(curve["grid"][i] - 5 / 6))
    assert model["at_own_specificity"]["value"] == pytest.approx(curve["estimate"][near], abs=0.2)
    assert "At your own specificity" in answer.content.decode()
    assert "SP 2" not in answer.content.decode()


def test_without_the_protocols_leave_and_for_anybody_else_it_is_closed(
    read, client, coordinator, investigator, stranger, reader_user
):
    close_study(study=read, by=coordinator)
    for user, status in ((coordinator, 403), (investigator, 403), (stranger, 404)):
        client.force_login(user)
        assert client.get(path(read)).status_code == status
    client.force_login(reader_user)
    read.protocols.update(shows_own_result=False)
    assert client.get(path(read)).status_code == 403


def test_who_has_not_finished_sees_none(read, client, coordinator, reader_user):
    ReadingSession.objects.filter(reader__user=reader_user).update(finished_at=None)
    close_study(study=read, by=coordinator)
    client.force_login(reader_user)
    refused = client.get(path(read))
    assert refused.status_code == 403
    assert "readers who have read all faces" in refused.content.decode()


def test_before_the_study_is_closed_the_page_says_when_it_opens(read, client, reader_user):
    client.force_login(reader_user)
    refused = client.get(path(read))
    assert refused.status_code == 403
    assert "once the study is closed" in refused.content.decode()


def test_every_answer_can_be_exported_with_its_stage_and_syndrome(read, client, investigator):
    call = Call.objects.first()
    Call.objects.create(
        trial=call.trial, stage="aided", is_gs=True, suspected_syndrome="=Noonan", idempotency_key="x", confidence=4
    )
    client.force_login(investigator)
    lines = client.get(f"/analysis/{read.pk}/answers.csv").getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 24 + 1
    assert any("aided,1,1,1,4,'=Noonan" in line for line in lines)
    assert "truth" not in lines[0]
