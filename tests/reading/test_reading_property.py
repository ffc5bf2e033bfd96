"""Whatever a page, two pages or a forger send, in whatever order: no second look, no lost answer, no untidy end."""

import random
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readerstudy.reading import services
from readerstudy.reading.flags import Look
from readerstudy.reading.models import Call, Exposure, Trial
from readerstudy.reading.selectors import state_of, undone
from readerstudy.refusal import Refused

pytestmark = pytest.mark.django_db
ANSWER = {"confidence": 3, "response_ms": 11_000.0}
STEPS = ["next", "photo", "start", "close", "left", "call", "other_call", "forfeit", "restart"]


class Pages:
    """Several pages at once: every event may hit any trial at any time, and be sent twice."""

    def __init__(self, session) -> None:
        self.session = session
        self.acknowledged: dict[int, tuple[bool, str]] = {}
        self.shown: list[int] = []
        self.issued_after_start: list[int] = []

    def do(self, step: str, place: int, is_doubled: bool) -> None:
        trials = list(Trial.objects.filter(session=self.session))
        current = undone(self.session).first()
        trial = current if place == 0 and current else trials[place % len(trials)]
        for _ in range(1 + is_doubled):
            with suppress(Refused):
                getattr(self, step)(trial)

    def next(self, trial: Trial) -> None:
        services.next_trial(session=self.session)

    def photo(self, trial: Trial) -> None:
        was_started = Exposure.objects.filter(trial=trial).exists()
        services.issue_photo(trial=trial).close()
        if was_started:
            self.issued_after_start.append(trial.pk)

    def start(self, trial: Trial) -> None:
        services.open_exposure(trial=trial)
        self.shown.append(trial.pk)

    def close(self, trial: Trial) -> None:
        services.close_exposure(trial=trial, look=Look(end="complete", onset_ms=10.0, offset_ms=10_010.0))

    def left(self, trial: Trial) -> None:
        services.close_exposure(trial=trial, look=Look(end="left", onset_ms=10.0, offset_ms=900.0), kind="hidden")

    def call(self, trial: Trial, *, is_gs: bool = True, key: str = "a") -> None:
        call, _ = services.record_call(trial=trial, is_gs=is_gs, idempotency_key=f"{key}-{trial.pk}", **ANSWER)
        self.acknowledged.setdefault(trial.pk, (call.is_gs, call.idempotency_key))

    def other_call(self, trial: Trial) -> None:
        self.call(trial, is_gs=False, key="b")

    def forfeit(self, trial: Trial) -> None:
        services.forfeit_trial(trial=trial)

    def restart(self, trial: Trial) -> None:
        services.start_session(session=self.session)

    def check(self) -> None:
        assert len(self.shown) == len(set(self.shown)), "a face was shown twice"
        assert not self.issued_after_start, "bytes left the server after the look"
        assert Exposure.objects.filter(trial__session=self.session).count() == len(self.shown)
        stored = {call.trial_id: (call.is_gs, call.idempotency_key) for call in Call.objects.all()}
        assert stored == self.acknowledged, "an acknowledged answer was lost or changed"
        self.session.refresh_from_db()
        states = [state_of(trial) for trial in Trial.objects.filter(session=self.session)]
        assert states.count("showing") <= 1
        is_over = all(state in {"called", "forfeited"} for state in states)
        assert bool(self.session.finished_at) <= is_over, "finished with an open trial"


events = st.lists(
    # The trial at hand is hit half of the time, else the walk would seldom get anywhere.
    st.tuples(st.sampled_from(STEPS), st.sampled_from([0, 0, 0, 0, 1, 2, 3]), st.booleans()),
    min_size=10,
    max_size=60,
)


@pytest.mark.parametrize("policy", ["answer", "represent"])
def test_no_sequence_of_events_shows_twice_loses_an_answer_or_ends_untidily(
    make_study, coordinator, investigator, reader_user, seat, policy
):
    study = make_study(
        coordinator, investigator, reader_user, name=policy, n=3, incident_policy=policy, answer_window_ms=5000
    )
    hand = seat(study)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(events)
    def walk(sequence: list[tuple[str, int, bool]]) -> None:
        with transaction.atomic():
            pages = Pages(hand.session)
            for step, place, is_doubled in sequence:
                pages.do(step, place, is_doubled)
                pages.check()
            transaction.set_rollback(True)

    walk()


def test_a_page_that_only_goes_forward_reaches_the_end_whatever_happens_on_the_way(
    make_study, coordinator, investigator, reader_user, seat
):
    """After any disturbance an honest page, which asks for the place and does what it is told, finishes."""
    study = make_study(coordinator, investigator, reader_user, name="Forward", n=4, incident_policy="represent")
    hand, dice = seat(study), random.Random(5)
    pages = Pages(hand.session)
    for _ in range(40):
        pages.do(dice.choice(STEPS), dice.randrange(4), dice.random() < 0.5)
    for _ in range(20):
        if (place := hand.next()).state == "finished":
            break
        if state_of(Trial.objects.get(pk=place.trial.pk)) != "deciding":
            hand.start(place.trial)
            hand.close(place.trial)
        hand.call(place.trial)
    assert hand.next().state == "finished"
