"""What one row of the reads is: every column once, for header, data dictionary, Parquet schema and REDCap alike."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "yes_no", "choice", "time"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """``choices`` are (stored value, what it means) pairs and only there for the kind "choice"."""

    name: str  # lower case, at most 26 characters: also a name for REDCap, R and SQL
    kind: Kind
    meaning: str
    choices: tuple[tuple[str, str], ...] = ()


def _column(name: str, kind: Kind, meaning: str, *choices: tuple[str, str]) -> Column:
    return Column(name=name, kind=kind, meaning=meaning, choices=choices)


STAGES = (("unaided", "without the model's output"), ("aided", "with the model's output in view"))

READS = (
    _column("reader", "text", "reader's code in the study"),
    _column("seniority", "choice", "of the reader", ("senior", "senior"), ("junior", "junior"), ("other", "other")),
    _column("years_of_experience", "integer", "as the reader stated them, empty if not stated"),
    _column("genetics_training", "yes_no", "1: the reader states a training in genetics, empty if not stated"),
    _column("is_simulated", "yes_no", "1: a program drew this reader's answers"),
    _column("is_withdrawn", "yes_no", "1: the reader or the session was withdrawn; what was called before is kept"),
    _column("arm", "choice", "of the whole session", *STAGES),
    _column("occasion", "integer", "which of the reader's sessions, from 1"),
    _column("position", "integer", "place in the session, from 1"),
    _column("case_number", "integer", "the case's number in the study; says nothing of the truth"),
    _column("part", "integer", "split-plot: the part of the cases that this reader was dealt; empty: readers read all"),
    _column("repetition", "integer", "0: first showing; above: a planned repeat or a face that came again"),
    _column("is_represented", "yes_no", "1: came again after an interrupted look"),
    _column("is_void", "yes_no", "1: set aside by the coordinator with a reason; no analysis counts it"),
    _column("stage", "choice", "whether the model's output was in view for this answer", *STAGES),
    _column(
        "is_primary", "yes_no", "1: the one read of this case by this reader that the analysis of this stage counts"
    ),
    _column("truth", "yes_no", "1: the child has a genetic syndrome (GS), empty if not stated"),
    _column("diagnosis", "text", "the syndrome, empty for controls"),
    _column("orpha", "text", "its ORPHA code, empty if not stated"),
    _column("omim", "text", "its OMIM number, empty if not stated"),
    _column("sex", "choice", "of the child, empty if not stated", ("F", "girl"), ("M", "boy")),
    _column("age_months", "number", "age at the photograph in months"),
    _column("consent_withdrawn", "yes_no", "1: the pictures are erased since; what was called before is kept"),
    _column(
        "state",
        "choice",
        "what became of the trial",
        ("called", "answered"),
        ("forfeited", "the answer window passed without an answer"),
        ("shown", "shown, no answer yet"),
        ("waiting", "not shown yet"),
    ),
    _column("call", "yes_no", "1 = GS, 0 = not GS, empty without an answer"),
    _column("is_right", "yes_no", "1: call equals truth"),
    _column("confidence", "integer", "as the protocol asked for it (1 to 5 or 0 to 100), empty if not asked"),
    _column("suspected_syndrome", "text", "in the reader's words, empty if not asked or not given"),
    _column("response_ms", "number", "from the first painted frame, or from the model's output, to the answer"),
    _column("revisions", "integer", "answers given in this stage; the last one is in this row"),
    _column("answered_at", "time", "when the server stored the answer, UTC"),
    _column("requested_ms", "integer", "how long the protocol wanted the face to be shown"),
    _column("shown_ms", "number", "how long it was shown: last minus first painted frame by the page's clock"),
    _column(
        "exposure_end",
        "choice",
        "how the look ended",
        ("complete", "shown to the end"),
        ("called", "ended by the call"),
        ("left", "the page was left"),
    ),
    _column("frames", "integer", "frames painted while the face was in view"),
    _column("longest_gap_ms", "number", "longest time between two frames"),
    _column("is_flagged", "yes_no", "1: the exposure was not a clean one"),
    _column("flags", "text", "why not, sentences divided by “ | ”"),
)
MODEL = (
    _column("model_run", "integer", "number of the training run whose scores follow"),
    _column("model_score", "number", "the model's held-out score, 0 to 1"),
    _column("model_calibrated", "number", "the same, calibrated on its fold's validation part"),
    _column("model_fold", "integer", "the fold that held the case out, from 1"),
    _column("model_threshold", "number", "that fold's threshold, chosen on its validation photos"),
    _column("model_call", "yes_no", "1: model_score >= model_threshold"),
)


def columns_of(*, with_model: bool) -> tuple[Column, ...]:
    return READS + MODEL if with_model else READS


def explain(column: Column) -> str:
    """The meaning with its choices, in one sentence."""
    told = ", ".join(f"{value} = {label}" for value, label in column.choices if value != label)
    return f"{column.meaning}: {told}" if told else column.meaning


def dictionary_rows(columns: tuple[Column, ...]) -> list[list[str]]:
    return [[column.name, column.kind.replace("_", "/"), explain(column)] for column in columns]


DICTIONARY_HEADER = ["column", "kind", "meaning"]
