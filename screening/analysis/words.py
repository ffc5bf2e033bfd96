"""What the numbers say, in sentences a physician understands."""

from collections.abc import Iterable
from typing import Any

MODEL, READER, NONE = "model", "reader", "none"
RULE_SAYS = {"below": MODEL, "above": READER, "inside": NONE, "on_limit": NONE}
OTHER = {"specificity": "sensitivity", "sensitivity": "specificity"}
PLACE = {
    "below": "below the band",
    "above": "above the band",
    "inside": "inside the band",
    "on_limit": "exactly on a limit of the band, which counts as inside",
}


def percent(value: float | None, digits: int = 1) -> str:
    return "not defined" if value is None else f"{100 * value:.{digits}f}\u00a0%"


def p_words(p: float) -> str:
    return "p\u00a0<\u00a00.001" if p < 0.001 else f"p\u00a0=\u00a0{p:.3f}"


def reader_words(reader: dict[str, Any], *, by: str, level: float, readers: int) -> dict[str, Any]:
    """The verdict on one reader: the rule, the test, and whether they agree. Plain result dict in, sentences out."""
    if not reader["has_point"]:
        return {"headline": _no_point(reader), "rule": "", "test": "", "disagreement": "", "rule_says": "", "says": ""}
    rule, says = _rule_says(reader, by), test_says(reader, by=by, level=level)
    return {
        "headline": _headline(reader["code"], says),
        "rule": _rule(reader, by=by, level=level),
        "test": _test(reader, by=by, level=level, readers=readers),
        "disagreement": _disagreement(rule, says, readers=readers),
        "rule_says": rule,
        "says": says,
    }


def test_says(reader: dict[str, Any], *, by: str, level: float) -> str:
    """Who is better by the paired bootstrap test with Holm's correction over the readers."""
    compared = OTHER[by]
    if reader["paired_holm"][compared] >= 1 - level:
        return NONE
    return MODEL if reader["paired"][compared]["difference"] > 0 else READER


def population_words(population: dict[str, Any] | None, *, level: float) -> str:
    """The model against the population of readers, on balanced accuracy."""
    if population is None:
        return ""
    test = population["tests"]["balanced_accuracy"]
    if test["p_value"] is None:
        return "The readers do not differ enough among themselves for a test against all of them."
    shown = test["p_value"] < 1 - level
    verdict = "no difference between the model and physicians of this kind is shown"
    if shown:
        better = "the model does" if test["difference"] > 0 else "physicians of this kind do"
        verdict = f"{better} better, and the conclusion extends to other readers and cases of this kind"
    return (
        f"Mean of sensitivity and specificity: model {percent(test['model'])}, mean reader "
        f"{percent(test['readers_mean'])}, {p_words(test['p_value'])}: {verdict}."
    )


def _no_point(reader: dict[str, Any]) -> str:
    if not reader["n_read"]:
        return f"{reader['code']} has not read any case yet."
    return f"{reader['code']} has so far read {reader['n_read']} cases of one class only: there is no point to judge."


def _rule_says(reader: dict[str, Any], by: str) -> str:
    return RULE_SAYS[reader["verdict"][f"at_{by}"]["position"]]


def _headline(code: str, says: str) -> str:
    return {
        MODEL: f"The model does better than {code} on these cases.",
        READER: f"{code} does better than the model on these cases.",
        NONE: f"No difference between {code} and the model is shown.",
    }[says]


def _rule(reader: dict[str, Any], *, by: str, level: float) -> str:
    """Both constructions of the paper's rule."""
    used, other = (reader["verdict"][f"at_{name}"] for name in (by, OTHER[by]))
    code, band = reader["code"], f"{percent(level, 0)} band for {OTHER[by]}"
    sentence = (
        f"At {code}'s {by} of {percent(used['at_value'])} the model's {band} runs from {percent(used['lower'])} to "
        f"{percent(used['upper'])}; {code} has "
        f"{percent(used['reader_value'])}: {PLACE[used['position']]}. "
    )
    if RULE_SAYS[used["position"]] == RULE_SAYS[other["position"]]:
        return (
            sentence + f"Read the other way, at the reader's {OTHER[by]}, the point is {PLACE[other['position']]} too."
        )
    return sentence + (
        f"Read the other way, at the reader's {OTHER[by]}, the point is {PLACE[other['position']]}: "
        "the two constructions disagree, the point is a borderline one."
    )


def _test(reader: dict[str, Any], *, by: str, level: float, readers: int) -> str:
    compared = OTHER[by]
    difference, holm = reader["paired"][compared], reader["paired_holm"][compared]
    sentence = (
        f"On the {reader['n_read']} cases both judged, the model's {compared} at the reader's {by} is "
        f"{percent(difference['model'])}, the reader's {percent(difference['reader'])}: a difference of "
        f"{100 * difference['difference']:+.1f} points ({percent(level, 0)} interval {100 * difference['lower']:+.1f} "
        f"to {100 * difference['upper']:+.1f}), {p_words(difference['p_value'])}"
    )
    sentence += f", {p_words(holm)} after Holm's correction for {readers} readers." if readers > 1 else "."
    if difference["is_noninferior"] is not None:
        verb = "is" if difference["is_noninferior"] else "is not shown to be"
        sentence += f" The model {verb} non-inferior at a margin of {100 * reader['paired']['margin']:g} points."
    return sentence


def _disagreement(rule: str, says: str, *, readers: int) -> str:
    if rule == says:
        return ""
    if says == NONE:
        many = f" and that {readers} readers were looked at" if readers > 1 else ""
        return (
            "The rule and the test disagree. The point lies outside the band, but the rule takes the reader's point as "
            f"exact: once the reader's own sampling error{many} is counted, no difference is shown. Rely on the test."
        )
    if rule == NONE:
        return (
            "The rule and the test disagree. The point lies inside the band, yet reader and model judged the same "
            "cases, and case by case the difference is clear: the rule cannot use that pairing. Rely on the test."
        )
    return (
        "The rule and the test point in opposite directions. Such a point needs a look at the cases themselves before "
        "anything is said about it."
    )


def joined(names: Iterable[str]) -> str:
    """``a, b and c``"""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
