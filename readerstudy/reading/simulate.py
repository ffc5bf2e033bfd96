"""Physicians played by a program, through the same services as people, on a clock of their own.

A reader's rating of a case is ``x = d'·y + a·u + sqrt(1 - a²)·e``: y the class, u how much like a syndrome the face
looks within its class (standard normal, the same for all readers, which makes them agree on hard cases), e the reader's
own noise. The answer is GS where x > k; with d' = z(sensitivity) + z(specificity) and k = z(specificity) the two rates
are met exactly in expectation. The truth is handed in by the caller: this app does not read it.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import NormalDist

from django.db import transaction
from django.utils import timezone

from readerstudy.reading import services
from readerstudy.reading.flags import Look
from readerstudy.reading.keys import keys_of
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.reading.selectors import free_at
from readerstudy.reading.states import stages_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol, Reader

PERIOD_MS = 1000 / 60
BATCH = 50  # trials in one transaction, so that people who read meanwhile wait for a second at most
STANDARD = NormalDist()


def d_prime_and_criterion(sensitivity: float, specificity: float) -> tuple[float, float]:
    """Signal detection's two numbers for an operating point.

    >>> [round(x, 3) for x in d_prime_and_criterion(200 / 228, 164 / 228)]  # SP 1 of the paper
    [1.742, 0.581]
    """
    z_specificity = STANDARD.inv_cdf(specificity)
    return STANDARD.inv_cdf(sensitivity) + z_specificity, z_specificity


@dataclass(kw_only=True)
class Physician:
    """One simulated reader: an operating point, what it sees in each case, and its own dice and clock."""

    sensitivity: float
    specificity: float
    truth: Mapping[int, bool]  # by case id
    difficulty: Mapping[int, float]  # u by case id; a case without one gets 0
    loading: float
    reliance: float  # how far the model's output moves the rating, in the rating's own unit per unit of log odds
    seed: int
    clock: datetime
    page_ms: float = 1000.0  # performance.now() of the page it would sit at
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.d_prime, self.criterion = d_prime_and_criterion(self.sensitivity, self.specificity)

    def wait(self, ms: float) -> None:
        self.clock += timedelta(milliseconds=ms)
        self.page_ms += ms

    def margin(self, case_id: int) -> float:
        """Rating minus criterion: above zero the face is called GS."""
        own = math.sqrt(1 - self.loading**2) * self.dice.gauss(0, 1)
        seen = self.d_prime * self.truth[case_id] + self.loading * self.difficulty.get(case_id, 0.0)
        return seen + own - self.criterion


def simulate_reader(
    *,
    reader: Reader,
    sensitivity: float,
    specificity: float,
    truth: Mapping[int, bool],
    difficulty: Mapping[int, float] | None = None,
    loading: float = 0.6,
    reliance: float = 0.4,
    seed: int,
    now: datetime | None = None,
) -> ReadingSession:
    """Let ``reader`` consent, practise and read the whole study; gives its first finished session.

    ``truth`` holds every case of the study, the practice ones too, by case id. ``now`` is when the reader sits down.
    In a crossover the reader comes back for the second session when the washout is over.
    """
    if not reader.is_simulated:
        raise Refused(f"{reader.code} is a person: only readers marked as simulated are played by a program.")
    physician = Physician(
        sensitivity=sensitivity,
        specificity=specificity,
        truth=truth,
        difficulty=difficulty or {},
        loading=loading,
        reliance=reliance,
        seed=seed,
        clock=now or timezone.now(),
    )
    main = _sit_down(reader, physician)
    for session in reader.sessions.filter(is_practice=True, finished_at=None):
        _play(session, physician)
    for session in reader.sessions.filter(is_practice=False, finished_at=None).order_by("occasion"):
        if begins := free_at(session):
            physician.clock = max(physician.clock, begins + timedelta(hours=1))
        _play(session, physician)
    main.refresh_from_db()
    return main


@transaction.atomic
def _sit_down(reader: Reader, physician: Physician) -> ReadingSession:
    if reader.consented_at is None:
        reader.consented_at = physician.clock
        reader.save(update_fields=["consented_at"])
    physician.wait(30_000)
    return services.plan_sessions(reader=reader, seed=physician.seed, now=physician.clock)


def _play(session: ReadingSession, physician: Physician) -> None:
    device = {"is_simulated": True, "refresh_hz": 60, "viewport": [1920, 1080]}
    services.record_device(session=session, device=device, now=physician.clock)
    session = services.start_session(session=session, now=physician.clock)
    while True:
        with transaction.atomic():
            for _ in range(BATCH):
                place = services.next_trial(session=session, now=physician.clock)
                if place.trial is None:
                    break
                if place.is_rest_due:
                    physician.wait(120_000)
                _read(place.trial, session, physician)
        if place.state == "finished":
            return
        if place.state == "practice_failed":
            services.repeat_practice(session=session)


def _read(trial: Trial, session: ReadingSession, physician: Physician) -> None:
    """One face: fetched, shown for a whole number of frames, answered."""
    protocol, dice = session.protocol, physician.dice
    services.issue_photo(trial=trial, now=physician.clock).close()
    physician.wait(600)  # fixation
    services.open_exposure(trial=trial, now=physician.clock)
    physician.wait(dice.uniform(20, 60))
    margin = _margin(trial, session, physician)
    response_ms = min(
        dice.lognormvariate(math.log(3200), 0.35) * (1.25 - 0.25 * math.tanh(abs(margin))),
        protocol.exposure_ms + 0.9 * (protocol.answer_window_ms or 8000),
    )
    first, *further = stages_of(session)
    if first == Call.Stage.AIDED:
        margin += _pull(trial, physician)
    look = _look(protocol, physician, response_ms)
    physician.wait(look.shown_ms or 0)
    services.close_exposure(trial=trial, look=look, now=physician.clock)
    physician.wait(max(0.0, response_ms - (look.shown_ms or 0)) + dice.uniform(400, 900))
    _call(trial, session, physician, stage=first, margin=margin, response_ms=response_ms)
    for stage in further:
        margin += _pull(trial, physician)
        again_ms = dice.lognormvariate(math.log(1800), 0.35)
        physician.wait(again_ms + dice.uniform(300, 600))
        _call(trial, session, physician, stage=stage, margin=margin, response_ms=again_ms)


def _pull(trial: Trial, physician: Physician) -> float:
    """What the model's output does to the rating: its log odds times the physician's reliance, within bounds."""
    chance = min(max(services.show_aid(trial=trial, now=physician.clock).probability, 0.02), 0.98)
    return physician.reliance * math.log(chance / (1 - chance))


def _call(
    trial: Trial, session: ReadingSession, physician: Physician, *, stage: str, margin: float, response_ms: float
) -> None:
    is_gs = margin > 0
    keys = keys_of(session)
    other = {"right": "left", "left": "right"}
    services.record_call(
        trial=trial,
        stage=stage,
        is_gs=is_gs,
        confidence=_confidence(session.protocol, abs(margin)),
        response_ms=response_ms,
        input="key",
        side=session.gs_side if is_gs else other[session.gs_side],
        key=keys["gs" if is_gs else "not_gs"],
        idempotency_key=f"simulated-{trial.token}" if stage == stages_of(session)[0] else f"again-{trial.token}",
        now=physician.clock,
    )


def _margin(trial: Trial, session: ReadingSession, physician: Physician) -> float:
    """Practice is answered as taught: a simulated physician learns nothing from failing it."""
    if session.is_practice:
        return 1.5 if physician.truth[trial.case_id] else -1.5
    return physician.margin(trial.case_id)


def _look(protocol: Protocol, physician: Physician, response_ms: float) -> Look:
    is_ended = protocol.call_ends_exposure and response_ms < protocol.exposure_ms
    frames = max(1, round((response_ms if is_ended else protocol.exposure_ms) / PERIOD_MS))
    return Look(
        end=Exposure.End.CALLED if is_ended else Exposure.End.COMPLETE,
        onset_ms=round(physician.page_ms, 1),
        offset_ms=round(physician.page_ms + frames * PERIOD_MS, 1),
        frames=frames,
        frame_period_ms=PERIOD_MS,
        longest_gap_ms=PERIOD_MS,
        measures={"is_simulated": True},
    )


def _confidence(protocol: Protocol, distance: float) -> int | None:
    """How far the rating lies from the criterion, on the protocol's scale."""
    if protocol.confidence == Protocol.Confidence.FIVE:
        return 1 + min(4, int(distance / 0.45))
    if protocol.confidence == Protocol.Confidence.HUNDRED:
        return round(100 * math.tanh(distance / 1.5))
    return None
