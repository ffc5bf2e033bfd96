"""What the numbers say, in sentences a physician understands."""

from collections.abc import Iterable
from functools import reduce
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

MODEL, READER, NONE = "model", "reader", "none"
RULE_SAYS = {"below": MODEL, "above": READER, "inside": NONE, "on_limit": NONE}
OTHER = {"specificity": "sensitivity", "sensitivity": "specificity"}
PLACE = {
    "below": gettext_lazy("below the band"),
    "above": gettext_lazy("above the band"),
    "inside": gettext_lazy("inside the band"),
    "on_limit": gettext_lazy("exactly on a limit of the band, which counts as inside"),
}
WHO = {
    MODEL: pgettext_lazy("who does better", "model"),
    READER: pgettext_lazy("who does better", "reader"),
    NONE: gettext_lazy("no difference"),
}
# Words that results store, as codes or as the English they were made in. What is not here is somebody's own.
SAID = {
    "sensitivity": gettext_lazy("sensitivity"),
    "specificity": gettext_lazy("specificity"),
    "accuracy": gettext_lazy("accuracy"),
    "Model": gettext_lazy("Model"),
    "superior": gettext_lazy("superior"),
    "non-inferior": gettext_lazy("non-inferior"),
    "inferior": gettext_lazy("inferior"),
    "not shown": gettext_lazy("not shown"),
    "open": pgettext_lazy("a study", "open"),
    "closed": pgettext_lazy("a study", "closed"),
    "draft": pgettext_lazy("a study", "draft"),
    "unaided": gettext_lazy("unaided"),
    "aided": gettext_lazy("aided"),
    "unknown": gettext_lazy("unknown"),
    "sequential": gettext_lazy("sequential"),
    "crossover with a washout": gettext_lazy("crossover with a washout"),
    "none": pgettext_lazy("no value", "none"),
    # subgroups
    "All": pgettext_lazy("a subgroup", "All"),
    "all cases and readers": gettext_lazy("all cases and readers"),
    "Syndrome": gettext_lazy("Syndrome"),
    "Age": gettext_lazy("Age"),
    "Sex": gettext_lazy("Sex"),
    "How confirmed": gettext_lazy("How confirmed"),
    "Seniority": gettext_lazy("Seniority"),
    "others, each rarer": gettext_lazy("others, each rarer"),
    "not stated": gettext_lazy("not stated"),
    "under 1 year": gettext_lazy("under 1 year"),
    "1 to 2 years": gettext_lazy("1 to 2 years"),
    "3 to 5 years": gettext_lazy("3 to 5 years"),
    "6 to 11 years": gettext_lazy("6 to 11 years"),
    "12 years and older": gettext_lazy("12 years and older"),
    "girls": gettext_lazy("girls"),
    "boys": gettext_lazy("boys"),
    "microarray": gettext_lazy("microarray"),
    "clinical examination only": gettext_lazy("clinical examination only"),
    "another test": gettext_lazy("another test"),
    # tests of Table 1
    "Controls": gettext_lazy("Controls"),
    "odds ratio": gettext_lazy("odds ratio"),
    "Pearson's chi-squared test, without Yates' correction": gettext_lazy(
        "Pearson's chi-squared test, without Yates' correction"
    ),
    "Fisher's exact test, because an expected count is below five": gettext_lazy(
        "Fisher's exact test, because an expected count is below five"
    ),
    "Welch's t test of the means": gettext_lazy("Welch's t test of the means"),
    "Mann-Whitney test of the ranks": gettext_lazy("Mann-Whitney test of the ranks"),
}


def said(code: Any) -> str:
    """A word of a stored result in the language of whoever looks; words that are nobody's code stay as they are."""
    return str(SAID.get(code, code))


def span(lower: str, upper: str) -> str:
    """``0.31 to 0.41``"""
    return _("%(lower)s to %(upper)s") % {"lower": lower, "upper": upper}


def follow(*sentences: str) -> str:
    """One sentence after the other, as the language sets them."""
    told = [sentence for sentence in sentences if sentence]
    return reduce(lambda first, second: _("%(first)s %(second)s") % {"first": first, "second": second}, told or [""])


def percent(value: float | None, digits: int = 1) -> str:
    return _("not defined") if value is None else f"{100 * value:.{digits}f}\u00a0%"


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
        return _("The readers do not differ enough among themselves for a test against all of them.")
    return _("Mean of sensitivity and specificity: model %(model)s, mean reader %(reader)s, %(p)s: %(verdict)s.") % {
        "model": percent(test["model"]),
        "reader": percent(test["readers_mean"]),
        "p": p_words(test["p_value"]),
        "verdict": _group_verdict(test, level=level),
    }


def _group_verdict(test: dict[str, Any], *, level: float) -> str:
    if test["p_value"] >= 1 - level:
        return _("no difference between the model and physicians of this kind is shown")
    if test["difference"] > 0:
        return _("the model does better, and the conclusion extends to other readers and cases of this kind")
    return _("physicians of this kind do better, and the conclusion extends to other readers and cases of this kind")


def _no_point(reader: dict[str, Any]) -> str:
    if not reader["n_read"]:
        return _("%(code)s has not read any case yet.") % {"code": reader["code"]}
    return _("%(code)s has so far read %(n)s cases of one class only: there is no point to judge.") % {
        "code": reader["code"],
        "n": reader["n_read"],
    }


def _rule_says(reader: dict[str, Any], by: str) -> str:
    return RULE_SAYS[reader["verdict"][f"at_{by}"]["position"]]


def _headline(code: str, says: str) -> str:
    return {
        MODEL: _("The model does better than %(code)s on these cases."),
        READER: _("%(code)s does better than the model on these cases."),
        NONE: _("No difference between %(code)s and the model is shown."),
    }[says] % {"code": code}


def _rule(reader: dict[str, Any], *, by: str, level: float) -> str:
    """Both constructions of the paper's rule."""
    used, other = (reader["verdict"][f"at_{name}"] for name in (by, OTHER[by]))
    facts = {
        "code": reader["code"],
        "by": said(by),
        "other": said(OTHER[by]),
        "at": percent(used["at_value"]),
        "level": percent(level, 0),
        "lower": percent(used["lower"]),
        "upper": percent(used["upper"]),
        "value": percent(used["reader_value"]),
        "place": PLACE[used["position"]],
        "other_place": PLACE[other["position"]],
    }
    sentence = _(
        "At %(code)s's %(by)s of %(at)s the model's %(level)s band for %(other)s runs from %(lower)s to %(upper)s; "
        "%(code)s has %(value)s: %(place)s."
    )
    way = _("Read the other way, at the reader's %(other)s, the point is %(other_place)s too.")
    if RULE_SAYS[used["position"]] != RULE_SAYS[other["position"]]:
        way = _(
            "Read the other way, at the reader's %(other)s, the point is %(other_place)s: the two constructions "
            "disagree, the point is a borderline one."
        )
    return follow(sentence % facts, way % facts)


def _test(reader: dict[str, Any], *, by: str, level: float, readers: int) -> str:
    compared = OTHER[by]
    difference, holm = reader["paired"][compared], reader["paired_holm"][compared]
    facts = {
        "n": reader["n_read"],
        "compared": said(compared),
        "by": said(by),
        "model": percent(difference["model"]),
        "reader": percent(difference["reader"]),
        "gap": f"{100 * difference['difference']:+.1f}",
        "level": percent(level, 0),
        "lower": f"{100 * difference['lower']:+.1f}",
        "upper": f"{100 * difference['upper']:+.1f}",
        "p": p_words(difference["p_value"]),
        "holm": p_words(holm),
        "readers": readers,
    }
    sentence = _(
        "On the %(n)s cases both judged, the model's %(compared)s at the reader's %(by)s is %(model)s, the reader's "
        "%(reader)s: a difference of %(gap)s points (%(level)s interval %(lower)s to %(upper)s), %(p)s."
    )
    if readers > 1:
        sentence = _(
            "On the %(n)s cases both judged, the model's %(compared)s at the reader's %(by)s is %(model)s, the "
            "reader's %(reader)s: a difference of %(gap)s points (%(level)s interval %(lower)s to %(upper)s), %(p)s, "
            "%(holm)s after Holm's correction for %(readers)s readers."
        )
    return follow(sentence % facts, _margin(difference["is_noninferior"], reader["paired"]["margin"]))


def _margin(is_noninferior: bool | None, margin: float | None) -> str:
    if is_noninferior is None or margin is None:
        return ""
    sentence = _("The model is not shown to be non-inferior at a margin of %(margin)s points.")
    if is_noninferior:
        sentence = _("The model is non-inferior at a margin of %(margin)s points.")
    return sentence % {"margin": f"{100 * margin:g}"}


def _disagreement(rule: str, says: str, *, readers: int) -> str:
    if rule == says:
        return ""
    if says == NONE:
        return ngettext(
            "The rule and the test disagree. The point lies outside the band, but the rule takes the reader's point "
            "as exact: once the reader's own sampling error is counted, no difference is shown. Rely on the test.",
            "The rule and the test disagree. The point lies outside the band, but the rule takes the reader's point "
            "as exact: once the reader's own sampling error and that %(n)s readers were looked at is counted, no "
            "difference is shown. Rely on the test.",
            readers,
        ) % {"n": readers}
    if rule == NONE:
        return _(
            "The rule and the test disagree. The point lies inside the band, yet reader and model judged the same "
            "cases, and case by case the difference is clear: the rule cannot use that pairing. Rely on the test."
        )
    return _(
        "The rule and the test point in opposite directions. Such a point needs a look at the cases themselves before "
        "anything is said about it."
    )


def listed(names: Iterable[str]) -> str:
    """``a, b, c``"""
    return pgettext("between the items of a list", ", ").join(names)


def joined(names: Iterable[str]) -> str:
    """``a, b and c``"""
    *first, last = names
    return _("%(first)s and %(last)s") % {"first": listed(first), "last": last} if first else last


def clauses(parts: Iterable[str]) -> str:
    """The same of parts that are clauses, which other languages part by other signs."""
    *first, last = parts
    if not first:
        return last
    told = {"first": pgettext("between clauses", ", ").join(first), "last": last}
    return pgettext("clauses", "%(first)s and %(last)s") % told
