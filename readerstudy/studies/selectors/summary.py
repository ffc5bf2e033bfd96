"""The protocol in plain words, for the coordinator and the ethics committee."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.selectors.parts import faces_each
from readerstudy.studies.selectors.studies import CaseCounts
from readerstudy.studies.words import rule_word

NO_RULES = {"id", "study", "version", "frozen_at", "digest"}
CONFIDENCE = {
    Protocol.Confidence.NONE: gettext_lazy("No confidence is asked for."),
    Protocol.Confidence.FIVE: gettext_lazy("With each answer the reader says how sure they are, in five steps."),
    Protocol.Confidence.HUNDRED: gettext_lazy("With each answer the reader says how sure they are, from 0 to 100."),
}
INCIDENT = {
    Protocol.IncidentPolicy.ANSWER: gettext_lazy(
        "If a face is interrupted, the reader answers from what was seen; the answer is marked."
    ),
    Protocol.IncidentPolicy.REPRESENT: gettext_lazy(
        "If a face is interrupted, it comes once more at the end, marked as a repeat."
    ),
}

SIDES = {
    Protocol.Sides.GS_RIGHT: gettext_lazy("The button for “genetic syndrome” is on the right for every reader."),
    Protocol.Sides.GS_LEFT: gettext_lazy("The button for “genetic syndrome” is on the left for every reader."),
    Protocol.Sides.BY_READER: gettext_lazy(
        "The button for “genetic syndrome” is on the right for half of the readers and on the "
        "left for the others, so that no hand is favoured."
    ),
}
DESIGN = {
    Protocol.Design.UNAIDED: [],
    Protocol.Design.SEQUENTIAL: [
        gettext_lazy(
            "After each answer the reader is shown the model's output for that face, and answers once more; the face "
            "itself is not shown again. The main analysis takes the first answers, given without the model."
        ),
        gettext_lazy("The second answer has no time limit. Practice is always without the model."),
    ],
    Protocol.Design.CROSSOVER: [
        gettext_lazy(
            "Every reader reads the same faces in two sessions: once alone and once with the model's output beside the "
            "face. Every other reader begins with the model. Practice is always without it."
        ),
    ],
}


def seconds(milliseconds: int) -> str:
    """``10 000 -> "10 seconds"``"""
    value = milliseconds / 1000
    return ngettext("%(n)s second", "%(n)s seconds", 1 if value == 1 else 2) % {"n": f"{value:g}"}


def protocol_sentences(protocol: Protocol, counts: CaseCounts | None = None) -> list[str]:
    """What happens to a reader under these rules, one sentence a rule."""
    return [
        str(sentence)
        for sentence in (*_faces(protocol, counts), *_looking(protocol), *_answering(protocol), *_design(protocol))
        if sentence
    ]


def _faces(protocol: Protocol, counts: CaseCounts | None) -> list[str]:
    lines = []
    if protocol.parts > 1:
        lines += _parts(protocol.parts, counts)
    elif counts and counts.reading:
        sentence = _("Each reader reads %(n)s faces, in a random order of their own that is stored.")
        lines.append(sentence % {"n": counts.reading})
    else:
        lines.append(_("Each reader reads all faces of the study, in a random order of their own that is stored."))
    if protocol.repeats_percent:
        sentence = _("%(share)s of the faces come a second time, to see how steady a reader is.")
        lines.append(sentence % {"share": f"{protocol.repeats_percent} %"})
        if protocol.design == Protocol.Design.SEQUENTIAL:
            lines.append(
                _(
                    "By then the reader has seen the model's output for these faces: the repeats tell how steady the "
                    "aided reading is, not the unaided one."
                )
            )
    if counts and counts.practice:
        sentence = _("Before that, %(n)s practice faces are read, which never count.")
        if protocol.practice_pass_percent:
            sentence = _(
                "Before that, %(n)s practice faces are read, which never count; %(share)s of them must be right."
            )
        lines.append(sentence % {"n": counts.practice, "share": f"{protocol.practice_pass_percent} %"})
    return lines


def _parts(parts: int, counts: CaseCounts | None) -> list[str]:
    return [_divided(parts, counts), _dealt(parts, counts)]


def _divided(parts: int, counts: CaseCounts | None) -> str:
    if counts and counts.reading:
        sentence = _(
            "The %(n)s faces are divided at random into %(parts)s parts, with the same mix of groups and diagnoses in "
            "each; the division is stored when the study opens."
        )
        return sentence % {"n": counts.reading, "parts": parts}
    return _(
        "The faces of the study are divided at random into %(parts)s parts, with the same mix of groups and diagnoses "
        "in each; the division is stored when the study opens."
    ) % {"parts": parts}


def _dealt(parts: int, counts: CaseCounts | None) -> str:
    least, most = faces_each(counts.reading if counts else 0, parts)
    if not most:
        return _(
            "Each reader reads one part, in a random order of their own that is stored. Parts are dealt as readers "
            "join, so that each is read by as many of every seniority."
        )
    each = str(least) if least == most else _("%(least)s or %(most)s") % {"least": least, "most": most}
    return _(
        "Each reader reads one part, %(each)s faces, in a random order of their own that is stored. Parts are dealt as "
        "readers join, so that each is read by as many of every seniority."
    ) % {"each": each}


def _looking(protocol: Protocol) -> list[str]:
    shown = _("Each face is shown once, for %(seconds)s, and is then covered by a mask.")
    marked = _("A face shown more than %(ms)s ms too long or too short is marked, and kept.")
    if protocol.call_ends_exposure:
        shown = _("Each face is shown once, for at most %(seconds)s; an answer covers it at once.")
        marked = _("A face shown more than %(ms)s ms too long is marked, and kept.")
    shown %= {"seconds": seconds(protocol.exposure_ms)}
    marked %= {"ms": protocol.tolerance_ms}
    return [shown, marked, INCIDENT[Protocol.IncidentPolicy(protocol.incident_policy)]]


def _answering(protocol: Protocol) -> list[str]:
    rest = protocol.block_length
    return [
        _answer_and_time(protocol.answer_window_ms),
        CONFIDENCE[Protocol.Confidence(protocol.confidence)],
        _("After the answer “genetic syndrome” the page asks which one the reader thinks of; this may stay empty.")
        if protocol.asks_syndrome
        else "",
        _("An answer can be taken back for %(seconds)s, as long as the next face has not come.")
        % {"seconds": seconds(protocol.undo_ms)}
        if protocol.undo_ms
        else _("An answer, once given, stands."),
        SIDES[Protocol.Sides(protocol.sides)],
        _("After every %(n)s faces the page offers a rest.") % {"n": rest} if rest else "",
    ]


def _answer_and_time(window: int | None) -> str:
    if not window:
        return _(
            "The reader answers “genetic syndrome” or “no genetic syndrome”, as soon as they like. "
            "There is no time limit."
        )
    return _(
        "The reader answers “genetic syndrome” or “no genetic syndrome”, as soon as they like. "
        "After the face is covered there are %(seconds)s left."
    ) % {"seconds": seconds(window)}


def _design(protocol: Protocol) -> list[str]:
    """What of the model readers see, and when; what else they are told."""
    blind = _("Readers see no history, no other reader's answer, and are not told how many children have a syndrome.")
    if protocol.design == Protocol.Design.UNAIDED:
        blind = _(
            "Readers see no history, no other reader's answer, no model output, and are not told how many children "
            "have a syndrome."
        )
    return [
        blind,
        *DESIGN[Protocol.Design(protocol.design)],
        _("Between two readings of the same faces lie at least %(days)s days.") % {"days": protocol.washout_days}
        if protocol.washout_days and protocol.design == Protocol.Design.CROSSOVER
        else "",
        *_results(protocol),
        _("Once the study is closed, readers who have finished are shown their own result, and nobody else's.")
        if protocol.shows_own_result
        else "",
    ]


def _results(protocol: Protocol) -> list[str]:
    if protocol.is_blinded_until_closed:
        return [
            _(
                "Until the reading is closed nobody sees a result, investigators and coordinators included. Opening "
                "them earlier takes a written reason, cannot be undone, and is stated with every result."
            )
        ]
    return [
        _("Investigators may look at results while the reading goes on; each such result is marked as an interim one.")
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
            (
                rule_word(str(field.verbose_name)),
                _shown(getattr(before, field.name)),
                _shown(getattr(after, field.name)),
            )
            for field in sorted(rules, key=lambda field: field.name)
            if getattr(before, field.name) != getattr(after, field.name)
        ],
    )


def _shown(value: Any) -> Any:
    """A rule's value as the page writes it: codes and yes or no in words, numbers as they are."""
    return rule_word(str(value)) if isinstance(value, str | bool) else value
