"""Every answer as it was given: all stages, sessions and revisions, straight from the rows. No truth, no score."""

from collections.abc import Iterator
from typing import Any

from readerstudy.reading.models import Call
from readerstudy.studies.models import Study

COLUMNS = (
    ("reader", "reader's code in the study"),
    ("is_simulated", "1: a program drew this reader's answers"),
    ("arm", "unaided or aided: whether the whole session showed the model's output"),
    ("occasion", "which of the reader's sessions, from 1"),
    ("position", "place in the session, from 1"),
    ("case", "the case's number in the study; says nothing of the truth"),
    ("repetition", "0: first showing; above: a planned repeat or a face that came again"),
    ("is_represented", "1: came again after an interrupted look"),
    ("stage", "unaided or aided: whether the model's output was in view for this answer"),
    ("revision", "1, 2 ...: within a stage the highest counts"),
    ("is_complete", "0: half an answer, whose confidence followed in the next revision or never came"),
    ("call", "1 = GS, 0 = not GS"),
    ("confidence", "as the protocol asked for it, empty if not asked"),
    ("suspected_syndrome", "in the reader's words, empty if not asked or not given"),
    ("response_ms", "from the first painted frame, or from the model's output, to the answer"),
    ("input", "key, mouse, touch or pen"),
    ("side", "left or right button"),
    ("key", "the key that was pressed"),
    ("received_at", "when the server stored it, UTC"),
)


def header() -> list[str]:
    return [name for name, _ in COLUMNS]


def rows(study: Study) -> Iterator[list[Any]]:
    """In the order of readers, sessions, places, stages and revisions; practice left out."""
    calls = (
        Call.objects.filter(trial__session__reader__study=study, trial__session__is_practice=False)
        .select_related("trial__session__reader", "trial__case")
        .order_by("trial__session__reader_id", "trial__session__occasion", "trial__position", "-stage", "revision")
    )
    for call in calls.iterator(chunk_size=2000):
        yield _row(call)


def _row(call: Call) -> list[Any]:
    trial, session = call.trial, call.trial.session
    return [
        session.reader.code,
        session.reader.is_simulated,
        session.arm,
        session.occasion,
        trial.position,
        trial.case.number,
        trial.repetition,
        trial.is_represented,
        call.stage,
        call.revision,
        call.is_complete,
        call.is_gs,
        call.confidence,
        call.suspected_syndrome,
        call.response_ms,
        call.input,
        call.side,
        call.key,
        call.received_at.isoformat(),
    ]
