"""Whatever a page, two pages or a forger send, in whatever order: no second look, no lost answer, no untidy end."""

import random
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readerstudy.reading import services
from readerstudy.reading.flags import Look
from readerstudy.reading.models import Exposure, Trial
from readerstudy.reading.states import asked_stage, calls_of, is_sequential, stages_of, state_of, undone
from readerstudy.refusal import Refused
from tests.reading.test_reading_aided import give_aids

pytestmark = pytest.mark.django_db
ANSWER = {"response_ms": 11_000.0}
STEPS = [
    "next",
    "photo",
    "start",
    "close",
    "left",
    "call",
    "other_call",
    "half",
    "rest",
    "undo",
    "change",
    "aid",
    "forfeit",
    "restart",
]


class Pages:
    """Several pages at once: every event may hit any trial at any time, and be sent twice."""

    def __init__(self, session) -> None:
        self.session = session
        self.acknowledged: dict[tuple[int, str], tuple[bool, str]] = {}
        self.shown: list[int] = []
        self.issued_after_start: list[int] = []
        self.sent = 0

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

    def call(self, trial: Trial, *, is_gs: bool = True, key: str = "a", **more: object) -> None:
        given = {**ANSWER, "confidence": 3, "is_gs": is_gs, "idempotency_key": f"{key}-{trial.pk}", **more}
        call, is_new = services.record_call(trial=trial, **given)
        if is_new:
            self.acknowledged[trial.pk, call.stage] = (call.is_gs, call.idempotency_key)

    def other_call(self, trial: Trial) -> None:
        self.call(trial, is_gs=False, key="b")

    def half(self, trial: Trial) -> None:
        self.call(trial, key="half", confidence=None, is_complete=False)

    def rest(self, trial: Trial) -> None:
        self.call(trial, key="rest", supersedes=f"half-{trial.pk}")

    def undo(self, trial: Trial) -> None:
        services.undo_call(trial=trial, key=self._counting(trial))

    def change(self, trial: Trial) -> None:
        self.sent += 1
        before = self._counting(trial)
        self.call(trial, is_gs=False, key=f"change-{self.sent}", supersedes=before)

    def _counting(self, trial: Trial) -> str:
        calls = list(calls_of(trial).values())
        return calls[-1].idempotency_key if calls else "none"

    def aid(self, trial: Trial) -> None:
        aid = services.show_aid(trial=trial)
        trial = Trial.objects.get(pk=trial.pk)
        assert aid.case_id == trial.case_id
        assert trial.exposure, "the model's output before the look"
        if is_sequential(self.session):
            assert "unaided" in calls_of(trial), "the model's output before the unaided answer"
            assert trial.exposure.ended_at, "the model's output beside the face"

    def forfeit(self, trial: Trial) -> None:
        services.forfeit_trial(trial=trial)

    def restart(self, trial: Trial) -> None:
        services.start_session(session=self.session)

    def check(self) -> None:
        assert len(self.shown) == len(set(self.shown)), "a face was shown twice"
        assert not self.issued_after_start, "bytes left the server after the look"
        assert Exposure.objects.filter(trial__session=self.session).count() == len(self.shown)
        trials = list(Trial.objects.filter(session=self.session))
        stored = {
            (trial.pk, stage): (call.is_gs, call.idempotency_key)
            for trial in trials
            for stage, call in calls_of(trial).items()
        }
        assert stored == self.acknowledged, "an acknowledged answer was lost or changed"
        self.session.refresh_from_db()
        states = [state_of(trial) for trial in trials]
        assert states.count("showing") <= 1
        is_over = all(state in {"called", "forfeited"} for state in states)
        assert bool(self.session.finished_at) <= is_over, "finished with an open trial"
        assert is_over == (not undone(self.session).exists()), "rows and queries disagree on what is left"
        self._check_stages(trials)

    def _check_stages(self, trials: list[Trial]) -> None:
        for trial in trials:
            calls = list(trial.calls.order_by("id"))
            assert {call.stage for call in calls} <= set(stages_of(self.session))
            if is_sequential(self.session):
                released = [call for call in calls if call.stage == "unaided" and trial.aided_at]
                assert all(call.received_at <= trial.aided_at for call in released), "changed once aided"
                assert trial.aided_at or not any(call.stage == "aided" for call in calls)


events = st.lists(
    # The trial at hand is hit half of the time, else the walk would seldom get anywhere.
    st.tuples(st.sampled_from(STEPS), st.sampled_from([0, 0, 0, 0, 1, 2, 3]), st.booleans()),
    min_size=10,
    max_size=60,
)
KINDS = [
    ("unaided", "answer", None),
    ("unaided", "represent", 60_000),
    ("sequential", "represent", 60_000),
    ("sequential", "answer", None),
    ("crossover", "answer", 60_000),
]


@pytest.mark.parametrize(("design", "policy", "undo_ms"), KINDS)
def test_no_sequence_of_events_shows_twice_loses_an_answer_or_ends_untidily(
    make_study, coordinator, investigator, reader_user, seat, design, policy, undo_ms
):
    study = make_study(
        coordinator,
        investigator,
        reader_user,
        n=3,
        incident_policy=policy,
        answer_window_ms=5000,
        design=design,
        undo_ms=undo_ms,
    )
    give_aids(study, investigator)
    if design == "crossover":  # an odd number begins with the aided session
        study.readers.update(allocation=1)
    hand = seat(study)
    assert hand.session.arm == ("aided" if design == "crossover" else "unaided")

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


@pytest.mark.parametrize("design", ["unaided", "sequential"])
def test_a_page_that_only_goes_forward_reaches_the_end_whatever_happens_on_the_way(
    make_study, coordinator, investigator, reader_user, seat, design
):
    """After any disturbance an honest page, which asks for the place and does what it is told, finishes."""
    study = make_study(
        coordinator, investigator, reader_user, name="Forward", n=4, incident_policy="represent", design=design
    )
    give_aids(study, investigator)
    hand, dice = seat(study), random.Random(5)
    pages = Pages(hand.session)
    for _ in range(60):
        pages.do(dice.choice(STEPS), dice.randrange(4), dice.random() < 0.5)
    for step in range(30):
        if (place := hand.next()).state == "finished":
            break
        trial = Trial.objects.get(pk=place.trial.pk)
        state = state_of(trial)
        if state in {"waiting", "issued"}:
            hand.start(trial)
            hand.close(trial)
        if state == "reconsidering":
            services.show_aid(trial=trial, now=hand.now)
        owed = calls_of(trial).get(asked_stage(trial))
        more = {"supersedes": owed.idempotency_key, "is_gs": owed.is_gs} if state == "rating" else {}
        hand.call(trial, idempotency_key=f"forward-{step}", **more)
    assert hand.next().state == "finished"
