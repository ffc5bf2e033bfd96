"""All verdicts on one reader side by side, and non-inferiority at the chosen margin."""

from typing import Any

from django.utils.translation import gettext as _

from screening import statistics
from screening.analysis.options import Options
from screening.analysis.words import MODEL, NONE, OTHER, READER, RULE_SAYS, clauses, follow, joined, said, test_says

RATES = ("sensitivity", "specificity")
POPULATION = ("sensitivity", "specificity", "balanced_accuracy")
SUPERIOR, NONINFERIOR, INFERIOR, OPEN = "superior", "non-inferior", "inferior", "not shown"


def verdicts_side(
    readers: list[dict[str, Any]], population: dict[str, Any] | None, *, options: Options
) -> dict[str, Any]:
    """Who does better by each rule and test: "model", "reader" or "none"; plain dicts in, plain dicts out."""
    return {
        "readers": [_row(reader, options=options) for reader in readers if reader["has_point"]],
        "margin": options.margin,
        "population": None if options.margin is None else _population(population, options=options),
    }


def _row(reader: dict[str, Any], *, options: Options) -> dict[str, Any]:
    return {
        "code": reader["code"],
        "rule_at_specificity": RULE_SAYS[reader["verdict"]["at_specificity"]["position"]],
        "rule_at_sensitivity": RULE_SAYS[reader["verdict"]["at_sensitivity"]["position"]],
        "test_at_specificity": test_says(reader, by="specificity", level=options.level),
        "test_at_sensitivity": test_says(reader, by="sensitivity", level=options.level),
        "mcnemar_gs": _mcnemar(reader, "sensitivity", options.level),
        "mcnemar_controls": _mcnemar(reader, "specificity", options.level),
        "disagrees": RULE_SAYS[reader["verdict"][f"at_{options.by}"]["position"]]
        != test_says(reader, by=options.by, level=options.level),
        "noninferiority": {rate: margin_says(reader["paired"][rate], options.margin) for rate in RATES},
    }


def _mcnemar(reader: dict[str, Any], family: str, level: float) -> str:
    test = reader["mcnemar"][family]
    if reader["mcnemar_holm"][family] >= 1 - level:
        return NONE
    return MODEL if test["b"] > test["c"] else READER


def margin_says(difference: dict[str, Any], margin: float | None) -> str:
    """What an interval of model minus reader says at the margin; empty without one."""
    if margin is None:
        return ""
    if difference["lower"] is None:
        return OPEN
    read = statistics.non_inferiority(difference["difference"], difference["lower"], difference["upper"], margin=margin)
    if read.is_superior:
        return SUPERIOR
    if read.is_noninferior:
        return NONINFERIOR
    return INFERIOR if difference["upper"] < -margin else OPEN


def _population(population: dict[str, Any] | None, *, options: Options) -> dict[str, str] | None:
    if population is None:
        return None
    return {metric: margin_says(population["tests"][metric], options.margin) for metric in POPULATION}


def verdict_words(found: dict[str, Any], *, by: str) -> str:
    """How often the rule and the test disagree, and with whom."""
    rows = found["readers"]
    if not rows:
        return _("No reader has called cases of both classes yet.")
    sentence = _("By the paired test, %(compared)s at the reader's own %(by)s: %(counts)s.") % {
        "compared": said(OTHER[by]),
        "by": said(by),
        "counts": _counts([row[f"test_at_{by}"] for row in rows]),
    }
    odd = [row["code"] for row in rows if row["disagrees"]]
    if not odd:
        return follow(sentence, _("The paper's rule says the same of every reader."))
    disagrees = _("The paper's rule disagrees with the test on %(codes)s: the reason stands with each.")
    return follow(sentence, disagrees % {"codes": joined(odd)})


def _counts(says: list[str]) -> str:
    better, worse = says.count(MODEL), says.count(READER)
    parts = [
        (better, _("for %(n)s of %(all)s readers the model does better")),
        (worse, _("for %(n)s of %(all)s readers the reader does better")),
        (len(says) - better - worse, _("for %(n)s of %(all)s readers no difference is shown")),
    ]
    return clauses(words % {"n": n, "all": len(says)} for n, words in parts if n)
