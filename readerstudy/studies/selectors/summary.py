"""The protocol in plain words, for the coordinator and the ethics committee."""

from dataclasses import dataclass
from typing import Any

from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.selectors.parts import faces_each
from readerstudy.studies.selectors.studies import CaseCounts

NO_RULES = {"id", "study", "version", "frozen_at", "digest"}
CONFIDENCE = {
    Protocol.Confidence.NONE: "No confidence is asked for.",
    Protocol.Confidence.FIVE: "With each answer the reader says how sure they are, in five steps.",
    Protocol.Confidence.HUNDRED: "With each answer the reader says how sure they are, from 0 to 100.",
}
INCIDENT = {
    Protocol.IncidentPolicy.ANSWER: "If a face is interrupted, the reader answers from what was seen; the answer is "
    "marked.",
    Protocol.IncidentPolicy.REPRESENT: "If a face is interrupted, it comes once more at the end, marked as a repeat.",
}

SIDES = {
    Protocol.Sides.GS_RIGHT: "The button for “genetic syndrome” is on the right for every reader.",
    Protocol.Sides.GS_LEFT: "The button for “genetic syndrome” is on the left for every reader.",
    Protocol.Sides.BY_READER: "The button for “genetic syndrome” is on the right for half of the readers and on the "
    "left for the others, so that no hand is favoured.",
}
DESIGN = {
    Protocol.Design.UNAIDED: [],
    Protocol.Design.SEQUENTIAL: [
        "After each answer the reader is shown the model's output for that face, and answers once more; the face "
        "itself is not shown again. The main analysis takes the first answers, given without the model.",
        "The second answer has no time limit. Practice is always without the model.",
    ],
    Protocol.Design.CROSSOVER: [
        "Every reader reads the same faces in two sessions: once alone and once with the model's output beside the "
        "face. Every other reader begins with the model. Practice is always without it.",
    ],
}


def seconds(milliseconds: int) -> str:
    """``10 000 -> "10 seconds"``"""
    value = milliseconds / 1000
    return f"{value:g} second{'' if value == 1 else 's'}"


def protocol_sentences(protocol: Protocol, counts: CaseCounts | None = None) -> list[str]:
    """What happens to a reader under these rules, one sentence a rule."""
    return [
        sentence
        for sentence in (*_faces(protocol, counts), *_looking(protocol), *_answering(protocol), *_design(protocol))
        if sentence
    ]


def _faces(protocol: Protocol, counts: CaseCounts | None) -> list[str]:
    lines = []
    if protocol.parts > 1:
        lines += _parts(protocol.parts, counts)
    elif counts and counts.reading:
        lines.append(f"Each reader reads {counts.reading} faces, in a random order of their own that is stored.")
    else:
        lines.append("Each reader reads all faces of the study, in a random order of their own that is stored.")
    if protocol.repeats_percent:
        lines.append(f"{protocol.repeats_percent} % of the faces come a second time, to see how steady a reader is.")
        if protocol.design == Protocol.Design.SEQUENTIAL:
            lines.append(
                "By then the reader has seen the model's output for these faces: the repeats tell how steady the aided "
                "reading is, not the unaided one."
            )
    if counts and counts.practice:
        mark = protocol.practice_pass_percent
        lines.append(
            f"Before that, {counts.practice} practice faces are read, which never count"
            + (f"; {mark} % of them must be right." if mark else ".")
        )
    return lines


def _parts(parts: int, counts: CaseCounts | None) -> list[str]:
    least, most = faces_each(counts.reading if counts else 0, parts)
    each = f", {least} faces" if least == most else f", {least} or {most} faces"
    total = f"The {counts.reading} faces" if counts and counts.reading else "The faces of the study"
    return [
        f"{total} are divided at random into {parts} parts, with the same mix of groups and diagnoses in each; the "
        "division is stored when the study opens.",
        f"Each reader reads one part{each if most else ''}, in a random order of their own that is stored. Parts are "
        "dealt as readers join, so that each is read by as many of every seniority.",
    ]


def _looking(protocol: Protocol) -> list[str]:
    shown = f"Each face is shown once, for {seconds(protocol.exposure_ms)}, and is then covered by a mask."
    if protocol.call_ends_exposure:
        shown = f"Each face is shown once, for at most {seconds(protocol.exposure_ms)}; an answer covers it at once."
    marked = (
        f"A face shown more than {protocol.tolerance_ms} ms too long or too short is marked, and kept."
        if not protocol.call_ends_exposure
        else f"A face shown more than {protocol.tolerance_ms} ms too long is marked, and kept."
    )
    return [shown, marked, INCIDENT[Protocol.IncidentPolicy(protocol.incident_policy)]]


def _answering(protocol: Protocol) -> list[str]:
    window = protocol.answer_window_ms
    rest = protocol.block_length
    return [
        "The reader answers “genetic syndrome” or “no genetic syndrome”, as soon as they like."
        + (f" After the face is covered there are {seconds(window)} left." if window else " There is no time limit."),
        CONFIDENCE[Protocol.Confidence(protocol.confidence)],
        "After the answer “genetic syndrome” the page asks which one the reader thinks of; this may stay empty."
        if protocol.asks_syndrome
        else "",
        f"An answer can be taken back for {seconds(protocol.undo_ms)}, as long as the next face has not come."
        if protocol.undo_ms
        else "An answer, once given, stands.",
        SIDES[Protocol.Sides(protocol.sides)],
        f"After every {rest} faces the page offers a rest." if rest else "",
    ]


def _design(protocol: Protocol) -> list[str]:
    """What of the model readers see, and when; what else they are told."""
    blind = (
        "Readers see no history, no other reader's answer{output}, and are not told how many children have a syndrome."
    )
    unaided = protocol.design == Protocol.Design.UNAIDED
    return [
        blind.format(output=", no model output" if unaided else ""),
        *DESIGN[Protocol.Design(protocol.design)],
        f"Between two readings of the same faces lie at least {protocol.washout_days} days."
        if protocol.washout_days and protocol.design == Protocol.Design.CROSSOVER
        else "",
        *_results(protocol),
        "Once the study is closed, readers who have finished are shown their own result, and nobody else's."
        if protocol.shows_own_result
        else "",
    ]


def _results(protocol: Protocol) -> list[str]:
    if protocol.is_blinded_until_closed:
        return [
            "Until the reading is closed nobody sees a result, investigators and coordinators included. Opening them "
            "earlier takes a written reason, cannot be undone, and is stated with every result."
        ]
    return [
        "Investigators may look at results while the reading goes on; each such result is marked as an interim one."
    ]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A frozen version with what it says otherwise than the one before: in plain words, and rule by rule."""

    protocol: Protocol
    gone: list[str]
    new: list[str]
    changes: list[tuple[str, Any, Any]]


def frozen_versions(study: Study, counts: CaseCounts) -> list[Version]:
    """Newest first; the first version has nothing before it."""
    versions = list(study.protocols.filter(frozen_at__isnull=False).order_by("version"))
    found = [_version(before, after, counts) for before, after in zip([None, *versions], versions, strict=False)]
    return found[::-1]


def _version(before: Protocol | None, after: Protocol, counts: CaseCounts) -> Version:
    if before is None:
        return Version(protocol=after, gone=[], new=[], changes=[])
    old, new = protocol_sentences(before, counts), protocol_sentences(after, counts)
    rules = [field for field in Protocol._meta.concrete_fields if field.name not in NO_RULES]
    return Version(
        protocol=after,
        gone=[sentence for sentence in old if sentence not in new],
        new=[sentence for sentence in new if sentence not in old],
        changes=[
            (str(field.verbose_name), getattr(before, field.name), getattr(after, field.name))
            for field in sorted(rules, key=lambda field: field.name)
            if getattr(before, field.name) != getattr(after, field.name)
        ],
    )
