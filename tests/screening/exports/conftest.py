import copy
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from screening.downloads import DOWNLOADS, fetch
from tests.screening.app.paperlike import Paperlike, build


@pytest.fixture
def small(db) -> Paperlike:
    """Sixty cases, five readers, one run."""
    return build(n=60)


@pytest.fixture
def body(small) -> Callable[..., bytes]:
    """The bytes of a file of the small study."""

    def read(name: str, *, run=None) -> bytes:
        return b"".join(fetch(download=DOWNLOADS[name], study=small.study, run=run, by=small.investigator))

    return read


@pytest.fixture
def untidy(small) -> Paperlike:
    """The first reader's first cases: taken back, shown again after a lost look, repeated, never reached."""
    session = ReadingSession.objects.order_by("id").first()
    first, second, third, fourth = session.trials.order_by("position")[:4]
    again = Call.objects.get(trial=first)
    Call.objects.create(trial=first, revision=2, is_gs=not again.is_gs, confidence=2, idempotency_key="taken-back")
    Call.objects.filter(trial=second).delete()
    Trial.objects.filter(pk=second.pk).update(forfeited_at=timezone.now())
    Exposure.objects.filter(trial=second).update(end="left", flags=["The page was left.", "=1+1"])
    end = session.trials.count()
    for place, (trial, represented) in enumerate(((second, True), (third, False)), end + 1):
        new = Trial.objects.create(
            session=session, case=trial.case, position=place, repetition=1, is_represented=represented
        )
        Call.objects.create(trial=new, is_gs=True, confidence=5, idempotency_key=f"again-{place}")
    Call.objects.filter(trial=fourth).delete()
    Exposure.objects.filter(trial=fourth).delete()
    return small


def second_session(world: Paperlike, *, arm: str, stage: str) -> ReadingSession:
    """The first reader reads once more, every case, with every call turned round."""
    held = ReadingSession.objects.order_by("id").first()
    later = copy.copy(held)
    later.pk, later.token, later._state.adding = None, None, True
    later.token = ReadingSession._meta.get_field("token").get_default()
    later.arm, later.occasion = arm, held.occasion + 1
    later.started_at = later.finished_at = held.finished_at + timedelta(days=30)
    later.save()
    for trial in held.trials.prefetch_related("calls"):
        new = Trial.objects.create(session=later, case=trial.case, position=trial.position)
        for call in trial.calls.all():
            Call.objects.create(
                trial=new, stage=stage, is_gs=not call.is_gs, confidence=call.confidence, idempotency_key=f"{new.pk}"
            )
    return later
