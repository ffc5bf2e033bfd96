"""The golden study with everything beside it: a second arm, planned repeats, a session's course, looks that went wrong.

Drawn with a fixed seed on top of ``paperlike``: the primary calls stay those of the golden files.
"""

from datetime import timedelta

import numpy as np
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, Incident, ReadingSession, Trial
from readerstudy.studies.models import Protocol, Reader, Subject
from tests.screening.app.paperlike import Paperlike, build

REPEATS = 40
FLAGGED = 12
RARE = ("Kabuki", "Cornelia de Lange")
CONFIRMATIONS = ("karyotype", "array", "sequencing", "clinical")


def build_rich(*, design: str = "crossover", n: int = 456, **words: str) -> Paperlike:
    world = build(n=n, **words)
    rng = np.random.default_rng(11)
    Protocol.objects.filter(study=world.study).update(design=design, washout_days=28)
    _subjects(world)
    for order, reader in enumerate(world.study.readers.order_by("id")):
        session = reader.sessions.get()
        _course(session, rng)
        _repeats(session, rng)
        _mishaps(session, order)
        if design == "crossover":
            _second_session(reader, session, rng)
        elif design == "sequential":
            _second_answers(session, rng)
    return world


def _subjects(world: Paperlike) -> None:
    subjects = list(Subject.objects.filter(cohort=world.study.cohort, has_syndrome=True).order_by("id"))
    for i, subject in enumerate(subjects):
        subject.confirmation = CONFIRMATIONS[i % 4]
        if i % 40 < len(RARE):
            subject.diagnosis = RARE[i % 40]
    Subject.objects.bulk_update(subjects, ["confirmation", "diagnosis"])


def _course(session: ReadingSession, rng: np.random.Generator) -> None:
    """Wrong calls take longer, and everything goes faster towards the end; looks are whole frames."""
    calls = list(Call.objects.filter(trial__session=session).select_related("trial__case__photo__subject"))
    for call in calls:
        wrong = call.is_gs != call.trial.case.photo.subject.has_syndrome
        base = 3000 * (1.3 if wrong else 1.0) * (1 - 0.2 * call.trial.position / len(calls))
        call.response_ms = float(base * rng.lognormal(0, 0.35))
    Call.objects.bulk_update(calls, ["response_ms"])
    exposures = list(Exposure.objects.filter(trial__session=session))
    for exposure in exposures:
        exposure.offset_ms = exposure.onset_ms + 10_000 + float(rng.choice([-16.7, 0.0, 0.0, 0.0, 16.7]))
    Exposure.objects.bulk_update(exposures, ["offset_ms"])


def _repeats(session: ReadingSession, rng: np.random.Generator) -> None:
    first = list(session.trials.order_by("position"))[:REPEATS]
    calls = {call.trial_id: call.is_gs for call in Call.objects.filter(trial__in=first)}
    last = session.trials.count()
    again = Trial.objects.bulk_create(
        Trial(session=session, case_id=trial.case_id, position=last + i + 1, repetition=1)
        for i, trial in enumerate(first)
    )
    Call.objects.bulk_create(
        Call(
            trial=trial,
            is_gs=bool(calls[old.pk] ^ (rng.random() < 0.15)),
            response_ms=2000.0,
            idempotency_key=f"{trial.token}",
        )
        for old, trial in zip(first, again, strict=True)
    )


def _mishaps(session: ReadingSession, order: int) -> None:
    looks = list(Exposure.objects.filter(trial__session=session).order_by("trial__position")[: FLAGGED * order // 2])
    for i, look in enumerate(looks):
        long = i % 2 == 0
        look.flags = ["Shown 10233 ms instead of 10000 ms."] if long else ["The page stood still for 81 ms."]
        look.offset_ms = look.onset_ms + (10_233 if long else 10_000)
    Exposure.objects.bulk_update(looks, ["flags", "offset_ms"])
    for look in looks[:3]:
        Incident.objects.create(session=session, trial=look.trial, kind="blur")


def _helped(trial: Trial, call: Call, rng: np.random.Generator) -> bool:
    """A wrong call is mended in three of ten, a right one spoilt in one of twenty."""
    truth = bool(trial.case.photo.subject.has_syndrome)
    changes = rng.random() < (0.3 if call.is_gs != truth else 0.05)
    return call.is_gs ^ bool(changes)


def _second_session(reader: Reader, session: ReadingSession, rng: np.random.Generator) -> None:
    now = timezone.now() + timedelta(days=30)
    held = ReadingSession.objects.create(
        reader=reader, protocol=session.protocol, arm="aided", occasion=2, seed=2, started_at=now, finished_at=now
    )
    shown = list(session.trials.filter(repetition=0).select_related("case__photo__subject"))
    trials = Trial.objects.bulk_create(
        Trial(session=held, case=trial.case, position=i + 1) for i, trial in enumerate(shown)
    )
    _aided_calls(shown, trials, rng)


def _second_answers(session: ReadingSession, rng: np.random.Generator) -> None:
    shown = list(session.trials.filter(repetition=0).select_related("case__photo__subject"))
    _aided_calls(shown, shown, rng)


def _aided_calls(shown: list[Trial], trials: list[Trial], rng: np.random.Generator) -> None:
    first = {call.trial_id: call for call in Call.objects.filter(trial__in=[trial.pk for trial in shown])}
    Call.objects.bulk_create(
        Call(
            trial=trial,
            stage="aided",
            is_gs=_helped(old, first[old.pk], rng),
            confidence=1 + trial.position % 5,
            response_ms=1500.0,
            idempotency_key=f"{trial.token}-aided",
        )
        for old, trial in zip(shown, trials, strict=True)
    )
