"""What one row of the reads is: every column once, for header, data dictionary, Parquet schema and REDCap alike."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext, gettext_noop

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


STAGES = (
    ("unaided", gettext_noop("without the model's output")),
    ("aided", gettext_noop("with the model's output in view")),
)

READS = (
    _column("reader", "text", gettext_noop("reader's code in the study")),
    _column(
        "seniority",
        "choice",
        gettext_noop("of the reader"),
        ("senior", "senior"),
        ("junior", "junior"),
        ("other", "other"),
    ),
    _column("years_of_experience", "integer", gettext_noop("as the reader stated them, empty if not stated")),
    _column(
        "genetics_training", "yes_no", gettext_noop("1: the reader states a training in genetics, empty if not stated")
    ),
    _column("is_simulated", "yes_no", gettext_noop("1: a program drew this reader's answers")),
    _column(
        "is_withdrawn",
        "yes_no",
        gettext_noop("1: the reader or the session was withdrawn; what was called before is kept"),
    ),
    _column("arm", "choice", gettext_noop("of the whole session"), *STAGES),
    _column("occasion", "integer", gettext_noop("which of the reader's sessions, from 1")),
    _column("position", "integer", gettext_noop("place in the session, from 1")),
    _column("case_number", "integer", gettext_noop("the case's number in the study; says nothing of the truth")),
    _column(
        "part",
        "integer",
        gettext_noop("split-plot: the part of the cases that this reader was dealt; empty: readers read all"),
    ),
    _column(
        "repetition", "integer", gettext_noop("0: first showing; above: a planned repeat or a face that came again")
    ),
    _column("is_represented", "yes_no", gettext_noop("1: came again after an interrupted look")),
    _column("is_void", "yes_no", gettext_noop("1: set aside by the coordinator with a reason; no analysis counts it")),
    _column("stage", "choice", gettext_noop("whether the model's output was in view for this answer"), *STAGES),
    _column(
        "is_primary",
        "yes_no",
        gettext_noop("1: the one read of this case by this reader that the analysis of this stage counts"),
    ),
    _column("truth", "yes_no", gettext_noop("1: the child has a genetic syndrome (GS), empty if not stated")),
    _column("diagnosis", "text", gettext_noop("the syndrome, empty for controls")),
    _column("orpha", "text", gettext_noop("its ORPHA code, empty if not stated")),
    _column("omim", "text", gettext_noop("its OMIM number, empty if not stated")),
    _column(
        "sex",
        "choice",
        gettext_noop("of the child, empty if not stated"),
        ("F", gettext_noop("girl")),
        ("M", gettext_noop("boy")),
    ),
    _column("age_months", "number", gettext_noop("age at the photograph in months")),
    _column(
        "consent_withdrawn", "yes_no", gettext_noop("1: the pictures are erased since; what was called before is kept")
    ),
    _column(
        "state",
        "choice",
        gettext_noop("what became of the trial"),
        ("called", gettext_noop("answered")),
        ("forfeited", gettext_noop("the answer window passed without an answer")),
        ("shown", gettext_noop("shown, no answer yet")),
        ("waiting", gettext_noop("not shown yet")),
    ),
    _column("call", "yes_no", gettext_noop("1 = GS, 0 = not GS, empty without an answer")),
    _column("is_right", "yes_no", gettext_noop("1: call equals truth")),
    _column(
        "confidence", "integer", gettext_noop("as the protocol asked for it (1 to 5 or 0 to 100), empty if not asked")
    ),
    _column("suspected_syndrome", "text", gettext_noop("in the reader's words, empty if not asked or not given")),
    _column(
        "response_ms", "number", gettext_noop("from the first painted frame, or from the model's output, to the answer")
    ),
    _column("revisions", "integer", gettext_noop("answers given in this stage; the last one is in this row")),
    _column("answered_at", "time", gettext_noop("when the server stored the answer, UTC")),
    _column("requested_ms", "integer", gettext_noop("how long the protocol wanted the face to be shown")),
    _column(
        "shown_ms", "number", gettext_noop("how long it was shown: last minus first painted frame by the page's clock")
    ),
    _column(
        "exposure_end",
        "choice",
        gettext_noop("how the look ended"),
        ("complete", gettext_noop("shown to the end")),
        ("called", gettext_noop("ended by the call")),
        ("left", gettext_noop("the page was left")),
    ),
    _column("frames", "integer", gettext_noop("frames painted while the face was in view")),
    _column("longest_gap_ms", "number", gettext_noop("longest time between two frames")),
    _column("is_flagged", "yes_no", gettext_noop("1: the exposure was not a clean one")),
    _column("flags", "text", gettext_noop("why not, sentences divided by “ | ”")),
)
MODEL = (
    _column("model_run", "integer", gettext_noop("number of the training run whose scores follow")),
    _column("model_score", "number", gettext_noop("the model's held-out score, 0 to 1")),
    _column("model_calibrated", "number", gettext_noop("the same, calibrated on its fold's validation part")),
    _column("model_fold", "integer", gettext_noop("the fold that held the case out, from 1")),
    _column("model_threshold", "number", gettext_noop("that fold's threshold, chosen on its validation photos")),
    _column("model_call", "yes_no", gettext_noop("1: model_score >= model_threshold")),
)


def columns_of(*, with_model: bool) -> tuple[Column, ...]:
    return READS + MODEL if with_model else READS


def explain(column: Column) -> str:
    """The meaning with its choices, in one sentence; in English, as files for machines have it."""
    told = ", ".join(f"{value} = {label}" for value, label in column.choices if value != label)
    return f"{column.meaning}: {told}" if told else column.meaning


def explained(column: Column) -> str:
    """The same for a page, in the language of who looks."""
    pairs = [f"{value} = {gettext(label)}" for value, label in column.choices if value != label]
    meaning = gettext(column.meaning)
    if not pairs:
        return meaning
    told = {"meaning": meaning, "choices": gettext(", ").join(pairs)}
    return gettext("%(meaning)s: %(choices)s") % told


def dictionary_rows(columns: tuple[Column, ...]) -> list[list[str]]:
    return [[column.name, column.kind.replace("_", "/"), explain(column)] for column in columns]


DICTIONARY_HEADER = ["column", "kind", "meaning"]
