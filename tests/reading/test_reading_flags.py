"""What makes a look one that is not clean: every reason by itself, and what is no reason."""

import pytest

from readerstudy.reading.flags import Look, reasons

PERIOD = 1000 / 60


def flags(*, elapsed_ms: float = 1_200.0, tolerance_ms: int = 100, **fields: object) -> list[str]:
    """The flags of a look of one second that is clean but for ``fields``."""
    clean = {"end": "complete", "onset_ms": 5000.0, "offset_ms": 6000.0, "frames": 60, "frame_period_ms": PERIOD}
    look = Look(**{**clean, "longest_gap_ms": 16.8, **fields})
    return reasons(look, requested_ms=1000, tolerance_ms=tolerance_ms, elapsed_ms=elapsed_ms)


def test_a_look_as_planned_is_clean():
    measures = {
        "onset_late_ms": 0.1,
        "offset_late_ms": 0.1,
        "face_size": [656, 820],
        "face_size_after": [656, 820],
        "clock_drift_ms": -3.0,
    }
    assert flags(measures=measures) == []


@pytest.mark.parametrize(("lost", "is_flagged"), [(1, False), (2, False), (3, True), (18, True)])
def test_more_than_two_frames_lost_in_a_row_are_a_standstill(lost, is_flagged):
    assert bool(flags(longest_gap_ms=(lost + 1) * PERIOD)) == is_flagged


@pytest.mark.parametrize(("lag", "is_flagged"), [(17.0, False), (50.0, False), (60.0, True)])
def test_frames_that_the_page_could_look_at_only_late_are_a_standstill(lag, is_flagged):
    assert bool(flags(measures={"longest_lag_ms": lag})) == is_flagged


def test_a_generous_tolerance_does_not_hide_a_standstill():
    assert "stood still for 400 ms" in flags(longest_gap_ms=400.0, tolerance_ms=2000)[0]


def test_a_fast_screen_may_lose_a_few_of_its_short_frames():
    assert flags(frame_period_ms=1000 / 144, longest_gap_ms=5 * 1000 / 144) == []


@pytest.mark.parametrize("edge", ["onset_late_ms", "offset_late_ms"])
def test_an_edge_seen_two_frames_late_is_flagged_and_one_frame_is_none(edge):
    assert flags(measures={edge: PERIOD}) == []
    assert "33 ms late" in flags(measures={edge: 2 * PERIOD})[0]


@pytest.mark.parametrize("after", [[328, 410], [820, 1025], [656, 760]])
def test_a_face_that_changed_its_size_is_flagged(after):
    found = flags(measures={"face_size": [656, 820], "face_size_after": after})
    assert found == [
        f"The face changed its size while it was shown, from 656 x 820 to {after[0]} x {after[1]} pixels: "
        "the window was resized or zoomed."
    ]


def test_a_computer_that_slept_is_flagged():
    assert flags(measures={"clock_drift_ms": 300_000.0}, elapsed_ms=301_100.0) == [
        "The computer slept for 300 s while the face was shown."
    ]


@pytest.mark.parametrize("drift", [3_600_000.0, -3_600_000.0])
def test_a_wall_clock_that_was_set_is_no_sleep(drift):
    assert flags(measures={"clock_drift_ms": drift}, elapsed_ms=1_150.0) == []


def test_an_answer_held_up_by_the_network_is_no_sleep():
    assert flags(measures={"clock_drift_ms": 2.0}, elapsed_ms=61_000.0) == []


@pytest.mark.parametrize("nonsense", [True, "wide", [1], [1, 2, 3], {"w": 1}, None])
def test_measures_that_make_no_sense_break_nothing(nonsense):
    measures = dict.fromkeys(["face_size", "face_size_after", "clock_drift_ms", "onset_late_ms"], nonsense)
    assert flags(measures=measures) == []
