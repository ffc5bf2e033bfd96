"""A reader who has signed the consent and sits in front of the first face, and a hand to read for her."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from readerstudy.reading import services
from readerstudy.reading.flags import Look
from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.selectors import consent_version
from readerstudy.studies.models import Study

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Hand:
    """Plays the page: one step at a time, on a clock of its own."""

    session: ReadingSession
    now: datetime = START

    def wait(self, ms: float) -> datetime:
        self.now += timedelta(milliseconds=ms)
        return self.now

    def next(self) -> services.Place:
        return services.next_trial(session=self.session, now=self.wait(300))

    def start(self, trial: Trial, key: str = "") -> None:
        services.issue_photo(trial=trial, now=self.now).close()
        services.open_exposure(trial=trial, key=key, now=self.now)

    def look(self, shown_ms: float = 10_000.0, **fields: object) -> Look:
        measured = {"frames": 600, "frame_period_ms": 16.667, "longest_gap_ms": 16.8, **fields}
        return Look(**{"end": "complete", "onset_ms": 5000.0, "offset_ms": 5000.0 + shown_ms, **measured})

    def close(self, trial: Trial, look: Look | None = None, kind: str = ""):
        look = look or self.look()
        return services.close_exposure(trial=trial, look=look, kind=kind, now=self.wait((look.shown_ms or 0) + 40))

    def call(self, trial: Trial, *, is_gs: bool = True, **fields: object):
        given = {"confidence": 3, "response_ms": 11_000.0, "idempotency_key": f"key-{trial.token}", **fields}
        return services.record_call(trial=trial, is_gs=is_gs, now=self.wait(900), **given)

    def read(self, *, is_gs: bool = True) -> services.Place:
        """One face from beginning to end."""
        place = self.next()
        self.start(place.trial)
        self.close(place.trial)
        self.call(place.trial, is_gs=is_gs)
        return place


@pytest.fixture
def seat() -> Callable[[Study], Hand]:
    """Signs the consent of the study's first reader and starts the session (after ``practise``, if there is any)."""

    def sit(study: Study, practise: Callable[[Hand], None] | None = None) -> Hand:
        reader = study.readers.get()
        services.record_consent(reader=reader, version=consent_version(study), now=START)
        if practise:
            session = reader.sessions.get(is_practice=True)
            practise(Hand(services.start_session(session=session, now=START)))
        session = reader.sessions.get(is_practice=False, occasion=1)
        services.record_device(session=session, device={"refresh_hz": 60}, now=START)
        return Hand(services.start_session(session=session, now=START))

    return sit


@pytest.fixture
def hand(study: Study, seat) -> Hand:
    return seat(study)
