"""What a run's answer to one new photo is worth: its place among the held-out scores, the rates of its calls, and
whether the face is one of a kind that the run has seen.

Nothing here is about the child. All numbers are those of the cohort's own held-out faces; the ensemble of all folds has
itself never been tried on a face that none of its networks was trained on, and the page says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from screening import statistics
from screening.statistics import to_plain
from screening.statistics.rates import rates
from training.engine.curves import histogram
from training.engine.ensemble import Verdict
from training.ensembles import verdict_of
from training.models import NewPhoto, TrainingRun
from training.run_numbers import HeldOut, held_out

LEVEL = 0.95
PREVALENCE = 0.01  # of a genetic syndrome among children who are screened, unless stated otherwise
RARE = 0.01  # a value is outside what the run saw when no more than this share of its faces lies as far out
EDGE = 0.05
NOTICE = gettext_lazy(
    "For research only, not a diagnosis. The number is what networks trained on one cohort make of one picture. It "
    "says nothing certain about the child, and no test, referral or reassurance may rest on it."
)
# measure -> (label, unit, decimals, which values are unusual, what the warning says)
MEASURES = {
    "eye_distance": (
        gettext_lazy("Distance between the eyes"),
        "px",
        0,
        "low",
        gettext_lazy("The face is smaller on the picture than those the run saw (%(written)s; %(many)s)."),
    ),
    "sharpness": (
        gettext_lazy("Sharpness"),
        "",
        2,
        "low",
        gettext_lazy("The face is less sharp than those the run saw (%(written)s; %(many)s)."),
    ),
    "brightness": (
        gettext_lazy("Brightness"),
        gettext_lazy("of 255"),
        0,
        "both",
        gettext_lazy("The face is lit differently from those the run saw (%(written)s; %(many)s)."),
    ),
    "aside": (
        gettext_lazy("Turned aside"),
        gettext_lazy("eye distances"),
        2,
        "high",
        gettext_lazy("The head is turned further aside than those the run saw (%(written)s; %(many)s)."),
    ),
    "down": (
        gettext_lazy("Tilted up or down"),
        gettext_lazy("eye distances"),
        2,
        "both",
        gettext_lazy("The head is tilted further up or down than those the run saw (%(written)s; %(many)s)."),
    ),
}
AGE = gettext_lazy("The child is of another age than those the run saw (%(written)s; %(many)s).")
DISTANCE = gettext_lazy(
    "To the networks it lies further from the faces they were tried on than those from each other (%(many)s): the "
    "score may mean nothing here."
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked, wherever it came from: a stored photo or the command line."""

    run: TrainingRun
    verdict: Verdict
    face: dict[str, Any]
    surroundings: dict[str, Any]
    age_months: float | None = None
    is_known: bool = False


def question_of(photo: NewPhoto) -> Question | None:
    """None unless the photo was scored."""
    verdict = verdict_of(photo)
    if verdict is None:
        return None
    return Question(
        run=photo.run,
        verdict=verdict,
        face=photo.face,
        surroundings=photo.surroundings,
        age_months=photo.age_months,
        is_known=photo.is_known,
    )


def answer(question: Question, *, prevalence: float = PREVALENCE) -> dict[str, Any]:
    """JSON-ready: ``notice``, ``summary``, ``networks``, ``place``, ``rates``, ``predictive``, ``familiarity``,
    ``warnings`` and ``scale``. What the cohort cannot tell (one class only) is None."""
    told = question.verdict.to_dict()
    networks = told.pop("networks")
    table = held_out([question.run]).get(question.run.pk)
    familiar = familiarity(question)
    found = {
        "notice": str(NOTICE),
        "summary": told,
        "networks": networks,
        "face": question.face,
        "familiarity": familiar,
        "warnings": list(_warnings(question, familiar)),
        "place": None,
        "rates": None,
        "predictive": None,
        "scale": None,
    }
    return found if table is None else found | _beside(question, table, prevalence)


def _beside(question: Question, table: HeldOut, prevalence: float) -> dict[str, Any]:
    values, mean = _same_scale(table, question.verdict)
    counted = _counted(table)
    has_both = counted.n_cases > 0 and counted.n_controls > 0
    return {
        "place": _place(table, values, mean),
        "rates": to_plain(rates(counted, LEVEL)) if has_both else None,
        "predictive": _predictive(counted, prevalence) if has_both else None,
        "scale": _scale(question, table, values),
    }


def _predictive(counted: statistics.Confusion, prevalence: float) -> dict[str, Any]:
    table = (counted.tp, counted.fn, counted.tn, counted.fp)
    carried = statistics.at_prevalence(*table, prevalence=prevalence, level=LEVEL)
    found = {"ppv": carried.ppv, "npv": carried.npv}
    limits = {
        name: {"value": series.value[0], "lower": series.lower[0], "upper": series.upper[0], "level": LEVEL}
        for name, series in found.items()
    }
    plain: dict[str, Any] = to_plain({"prevalence": prevalence} | limits)
    return plain


def _is_calibrated(table: HeldOut, verdict: Verdict) -> bool:
    return verdict.is_calibrated and not np.isnan(table.calibrated).any()


def _same_scale(table: HeldOut, verdict: Verdict) -> tuple[Any, float]:
    """Held-out values and the new photo's mean, both calibrated or both raw."""
    told = verdict.summary()
    return (table.calibrated, told["mean"]) if _is_calibrated(table, verdict) else (table.raw, told["raw_mean"])


def _counted(table: HeldOut) -> statistics.Confusion:
    truth, called = table.truth, table.called
    return statistics.Confusion(
        tp=int(np.sum(truth & called)),
        fn=int(np.sum(truth & ~called)),
        tn=int(np.sum(~truth & ~called)),
        fp=int(np.sum(~truth & called)),
    )


def _scale(question: Question, table: HeldOut, values: Any) -> dict[str, Any]:
    """What the figure draws, all on one scale: held-out faces in twenty equal parts, the photo, the thresholds."""
    verdict = question.verdict
    is_calibrated = _is_calibrated(table, verdict)
    own = [answer.calibrated if is_calibrated else answer.score for answer in verdict.answers]
    return {
        "is_calibrated": is_calibrated,
        "gs": histogram(values[table.truth]),
        "controls": histogram(values[~table.truth]),
        "mean": float(np.mean(own)),
        "low": min(own),
        "high": max(own),
        "thresholds": _thresholds(question.run, is_calibrated=is_calibrated),
    }


def _thresholds(run: TrainingRun, *, is_calibrated: bool) -> list[float]:
    """A fold's scale moves its threshold as it moves its scores, so that no call changes."""
    folds = run.folds.filter(threshold__isnull=False)
    if not is_calibrated:
        return [fold.threshold for fold in folds]
    return [float(fold.scale.of(np.array([fold.threshold]))[0]) for fold in folds if fold.scale]


def _place(table: HeldOut, values: Any, mean: float) -> dict[str, Any]:
    """Of each class the share with a lower value, with Wilson's interval."""
    groups = {"all": np.ones(len(table), np.bool_), "gs": table.truth, "controls": ~table.truth}
    return {name: _below(values[mine], mean) for name, mine in groups.items() if mine.any()}


def _below(values: Any, mean: float) -> dict[str, Any]:
    below = int(np.sum(values < mean))
    return {"below": below, "n": len(values), "share": to_plain(statistics.wilson(below, len(values), level=LEVEL))}


def familiarity(question: Question) -> list[dict[str, Any]]:
    """One row a measure: value, range of the run's faces, share that lies as far out, and a verdict in one word."""
    rows = [row for name in MEASURES if (row := _measure(name, question.surroundings.get("measures", {})))]
    if age := _age(question):
        rows.insert(0, age)
    if distance := _distance(question.surroundings.get("neighbours", [])):
        rows.append(distance)
    return rows


def _measure(name: str, found: dict[str, Any]) -> dict[str, Any] | None:
    own = found.get(name)
    if not own or not own["reference"]:
        return None
    label, unit, decimals, side, words = MEASURES[name]
    return _row(
        name, str(label), own["value"], own["reference"], side=side, unit=str(unit), decimals=decimals, words=str(words)
    )


def _age(question: Question) -> dict[str, Any] | None:
    if question.age_months is None:
        return None
    ages = question.run.predictions.filter(photo__subject__age_months__isnull=False)
    known = [age / 12 for age in ages.values_list("photo__subject__age_months", flat=True)]
    if not known:
        return None
    return _row(
        "age",
        _("Age"),
        question.age_months / 12,
        known,
        side="both",
        unit=_("years"),
        decimals=1,
        words=str(AGE),
    )


def _row(
    name: str,
    label: str,
    value: float,
    reference: Sequence[float],
    *,
    side: str,
    unit: str,
    decimals: int,
    words: str,
) -> dict[str, Any]:
    where = statistics.tail(value, reference, side=side)
    return {
        "name": name,
        "label": label,
        "unit": unit,
        "decimals": decimals,
        "value": value,
        "lowest": min(reference),
        "highest": max(reference),
        "n": where.n,
        "share": where.share,
        "p": where.p,
        "verdict": _word(where.share),
        "words": words,
    }


def _distance(neighbours: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Each network beside the faces it held out itself; their shares are pooled over the folds.

    A held-out face is compared by its distance to the nearest of its fellows, so that both have met the same faces.
    """
    tails = [statistics.tail(fold["distance"], fold["held_out"], side="high") for fold in neighbours]
    if not tails:
        return None
    n, beyond = sum(part.n for part in tails), sum(part.beyond for part in tails)
    every = [value for fold in neighbours for value in fold["held_out"]]
    return {
        "name": "distance",
        "label": _("To the nearest held-out face"),
        "unit": _("degrees"),
        "decimals": 1,
        "value": float(np.mean([fold["distance"] for fold in neighbours])),
        "lowest": min(every),
        "highest": max(every),
        "n": n,
        "share": beyond / n,
        "p": float(np.mean([part.p for part in tails])),
        "verdict": _word(beyond / n),
        "words": str(DISTANCE),
    }


def _word(share: float) -> str:
    if share <= RARE:
        return "outside"
    return "edge" if share <= EDGE else "usual"


def _warnings(question: Question, rows: list[dict[str, Any]]) -> Iterator[str]:
    if question.is_known:
        yield _(
            "This picture is in the run's cohort. Most of its networks were taught it and do not judge it freshly: "
            "the held-out score of the run is the one that counts."
        )
    if question.run.cohort.kind == "phantom":
        yield _(
            "This run was trained on digital phantoms: it has never seen a human face, and its score of a photograph "
            "means nothing."
        )
    if doubt := question.face.get("doubt"):
        yield _("The face finder would have a person look at this photo: %(doubt)s") % {"doubt": _(doubt)}
    for row in rows:
        if row["verdict"] == "outside":
            yield _warning(row)


def _warning(row: dict[str, Any]) -> str:
    beyond = round(row["share"] * row["n"])
    many = ngettext("%(beyond)d of %(n)d faces lies as far out", "%(beyond)d of %(n)d faces lie as far out", beyond)
    words: str = row["words"]
    return words % {"written": written(row), "many": many % {"beyond": beyond, "n": row["n"]}}


def written(row: dict[str, Any]) -> str:
    """The value with its unit, beside the range: ``31 px, theirs 48 to 120``."""
    told = {name: f"{row[name]:.{row['decimals']}f}" for name in ("value", "lowest", "highest")}
    if row["unit"]:
        return _("%(value)s %(unit)s, theirs %(lowest)s to %(highest)s") % (told | {"unit": row["unit"]})
    return _("%(value)s, theirs %(lowest)s to %(highest)s") % told
