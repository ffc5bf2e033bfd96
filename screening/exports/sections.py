"""The sections of the page as files, one line a number or a group. An older result gives the header alone."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop

from screening.analysis.flagged import SIDES
from screening.exports.kinds import Columns, Export, Result, Row

LIMITS = ("value", "lower", "upper")
VALUE = (("value", "the number"), ("lower", "lower limit of its interval"), ("upper", "upper limit of its interval"))


def _limits(found: dict[str, Any] | None, value: str = "value") -> Row:
    found = found or {}
    return [found.get(value), found.get("lower"), found.get("upper")]


def _verdicts(result: Result) -> Iterator[Row]:
    for row in (result.get("verdicts") or {}).get("readers", []):
        margin = result["verdicts"]["margin"]
        names = ("rule_at_specificity", "rule_at_sensitivity", "test_at_specificity", "test_at_sensitivity")
        mcnemar = (row["mcnemar_gs"], row["mcnemar_controls"])
        yield [
            row["code"],
            *(row[name] for name in names),
            *mcnemar,
            row["disagrees"],
            margin,
            row["noninferiority"]["sensitivity"],
            row["noninferiority"]["specificity"],
        ]


def _agreement(result: Result) -> Iterator[Row]:
    found = result.get("agreement")
    if not found:
        return
    for pair in found["pairs"]:
        yield ["between", pair["a"], pair["b"], pair["n"], "share of equal calls", *_limits(pair["percent"])]
        yield ["between", pair["a"], pair["b"], pair["n"], "Cohen's kappa", *_limits(pair["kappa"])]
    names = {"all_agree": "share of cases on which all agree", "fleiss": "Fleiss' kappa"}
    names |= {"alpha": "Krippendorff's alpha", "ac1": "Gwet's AC1"}
    if group := found["group"]:
        for key, name in names.items():
            n = group[key].get("n_cases", group["n_shared"])
            yield ["all", " ".join(group["codes"]), None, n, name, *_limits(group[key])]
    for entry in found["within"]:
        yield ["within", entry["code"], entry["code"], entry["n"], "share of equal calls", *_limits(entry["percent"])]
        yield ["within", entry["code"], entry["code"], entry["n"], "Cohen's kappa", *_limits(entry["kappa"])]


def _aided(result: Result) -> Iterator[Row]:
    found = result.get("aided")
    if not found:
        return
    for reader in found["readers"]:
        areas = {"auc": reader["auc"]} if reader["auc"] else {}
        for metric, test in (reader["differences"] | areas).items():
            counts = reader["changed"].get(metric)
            changed = [counts["b"], counts["c"], counts["exact_p"], reader["holm"][metric]] if counts else [None] * 4
            yield [reader["code"], metric, "cases random", reader["n"], *_test(test), *changed]
    everybody = found["all"]
    for metric, tests in (everybody["tests"] if everybody else {}).items():
        for kind, name in (("random", "readers and cases random"), ("fixed", "cases random")):
            yield ["all", metric, name, everybody["n_cases"], *_test(tests[kind]), *[None] * 4]


def _test(test: dict[str, Any]) -> Row:
    return [test["unaided"], test["aided"], *_limits(test, "difference"), test["p_value"]]


def _time(result: Result) -> Iterator[Row]:
    found = result.get("time")
    if not found:
        return
    for reader in found["readers"]:
        yield from _parts(reader["code"], reader)
        yield from _slopes(reader["code"], reader["slopes"])
        if speed := reader["speed"]:
            p = [speed["p_value"], speed.get("holm")]
            yield [reader["code"], "response time", "right", speed["n_right"], speed["median_right_ms"], None, None, *p]
            yield [reader["code"], "response time", "wrong", speed["n_wrong"], speed["median_wrong_ms"], None, None, *p]
    for key in ("by_speed", "by_part"):
        for place, part in enumerate(found[key] or []):
            for name, value in (("accuracy", "accuracy"), ("response time", "median_ms")):
                n = part[value]["n"] if part[value] else None
                yield ["mean", name, f"{_PART[key]} {place + 1}", n, *_limits(part[value]), None, None]
    yield from _slopes("mean", found["slopes"])


_PART = {"by_speed": "fifth by speed", "by_part": "tenth of the session"}


def _parts(code: str, reader: dict[str, Any]) -> Iterator[Row]:
    for key, words in _PART.items():
        for place, part in enumerate(reader[key] or []):
            where = f"{words} {place + 1}"
            yield [code, "accuracy", where, part["n"], *_limits(part["accuracy"]), None, None]
            yield [code, "response time", where, part["n"], part["median_ms"], None, None, None, None]


def _slopes(code: str, slopes: dict[str, Any]) -> Iterator[Row]:
    names = {"accuracy": "change of accuracy over the session", "time": "change of log response time over the session"}
    for key, name in names.items():
        if slope := slopes[key]:
            yield [code, name, "first to last face", slope["n"], *_limits(slope), slope["p_value"], None]


def _exposure(result: Result) -> Iterator[Row]:
    for reader in (result.get("exposure") or {}).get("readers", []):
        shown = reader["shown"] or {}
        numbers = ("mean", "sd", "minimum", "p5", "q1", "median", "q3", "p95", "maximum")
        counts = ("n", "n_measured", "n_off", "n_flagged", "n_incidents")
        asked = [result["exposure"]["requested_ms"], result["exposure"]["tolerance_ms"]]
        yield [reader["code"], *asked, *(reader[name] for name in counts), *(shown.get(name) for name in numbers)]


def _flagged(result: Result) -> Iterator[Row]:
    for name, side in ((result.get("flagged") or {}).get("sides") or {}).items():
        for reader in side["readers"] if side else ():
            if reader["has_point"]:
                rates = [value for rate in ("sensitivity", "specificity") for value in _limits(reader[rate])]
                test = [*_limits(reader["difference"], "difference"), reader["holm"], reader["says"]]
                yield [str(SIDES[name]), reader["code"], reader["n_read"], *rates, *test]


def _subgroups(result: Result) -> Iterator[Row]:
    for entry in (result.get("subgroups") or {}).get("entries", []):
        head = [entry[name] for name in ("column", "group", "rate", "n", "is_small", "n_readers")]
        yield [*head, *_limits(entry["model"]), entry["readers"], entry["difference"], *_spread(entry)]


def _spread(entry: dict[str, Any]) -> Row:
    names = ("readers_lower", "readers_upper", "lower", "upper", "p_value", "holm")
    return [(entry[kind] or {}).get(name) for kind in ("fixed", "random") for name in names]


WHO = "model = the model does better, reader = the reader does, none = no difference is shown"
SPREAD = (
    ("readers_lower", "the readers' mean: lower limit"),
    ("readers_upper", "the readers' mean: upper limit"),
    ("difference_lower", "the difference: lower limit"),
    ("difference_upper", "the difference: upper limit"),
    ("p", "p value of the difference"),
    ("holm", "the same by Holm over the subgroup tests; empty where it was not among them"),
)


def _rate(name: str) -> Columns:
    """A rate and the limits of its interval."""
    ends = (("", "value"), ("_lower", "lower limit"), ("_upper", "upper limit"))
    return tuple((f"{name}{end}", f"{name}, {what}") for end, what in ends)


def _spread_columns(end: str, kind: str) -> Columns:
    return tuple((f"{name}_{end}", f"{meaning} ({kind})") for name, meaning in SPREAD)


SECTIONS = {
    "verdicts": Export(
        title=gettext_noop("Verdicts"),
        columns=(
            ("reader", "reader's code"),
            ("rule_at_specificity", f"the paper's rule at the reader's specificity: {WHO}"),
            ("rule_at_sensitivity", "the same at the reader's sensitivity"),
            ("test_at_specificity", "paired bootstrap at the reader's specificity, Holm over the readers"),
            ("test_at_sensitivity", "the same at the reader's sensitivity"),
            ("mcnemar_gs", "McNemar's exact test on GS at the folds' thresholds, Holm over the readers"),
            ("mcnemar_controls", "the same on controls"),
            ("disagrees", "1: rule and test do not say the same at the chosen coordinate"),
            ("margin", "non-inferiority margin as a fraction, empty if none was chosen"),
            ("noninferiority_sensitivity", "superior, non-inferior, not shown or inferior: the model's sensitivity"),
            ("noninferiority_specificity", "the same for its specificity"),
        ),
        rows=_verdicts,
    ),
    "agreement": Export(
        title=gettext_noop("Agreement"),
        columns=(
            ("what", "between = two readers; all = all readers; within = one reader's planned repeats"),
            ("a", "first reader, or all of them"),
            ("b", "second reader, or Model"),
            ("n", "cases that both called"),
            ("coefficient", "which coefficient"),
            *VALUE,
        ),
        rows=_agreement,
    ),
    "aided": Export(
        title=gettext_noop("Unaided and aided"),
        columns=(
            ("reader", "reader's code, or all"),
            ("metric", "sensitivity, specificity, balanced_accuracy (mean of both) or auc"),
            ("generalises", "what is random: cases, or readers and cases"),
            ("n", "cases called both ways"),
            ("unaided", "without the model's output"),
            ("aided", "with it"),
            ("difference", "aided minus unaided"),
            ("lower", "lower limit of the difference"),
            ("upper", "upper limit of the difference"),
            ("p", "p value of the difference"),
            ("to_right", "calls changed from wrong to right (GS under sensitivity, controls under specificity)"),
            ("to_wrong", "calls changed from right to wrong"),
            ("mcnemar_p", "McNemar's exact p of these changes"),
            ("mcnemar_holm", "the same by Holm over the readers"),
        ),
        rows=_aided,
    ),
    "time": Export(
        title=gettext_noop("Time and session"),
        columns=(
            ("reader", "reader's code, or mean over readers"),
            ("quantity", "accuracy (0 to 1), response time (median, ms), or a change over the session"),
            ("part", "fifth of the own response times (1 = fastest), tenth of the session, right or wrong calls"),
            ("n", "calls in it; for means and their slopes the readers"),
            *VALUE,
            ("p", "p value"),
            ("holm", "the same by Holm over the readers"),
        ),
        rows=_time,
    ),
    "exposure": Export(
        title=gettext_noop("Exposure quality"),
        columns=(
            ("reader", "reader's code"),
            ("requested_ms", "exposure the protocol asks for"),
            ("tolerance_ms", "how far off a measured one may be"),
            ("n", "primary calls"),
            ("n_measured", "of them after a look that was shown to the end and measured"),
            ("n_off", "measured ones beyond the tolerance"),
            ("n_flagged", "primary calls after a flagged look"),
            ("n_incidents", "incidents in the whole reading"),
            ("mean_ms", "measured exposure: mean"),
            ("sd_ms", "sample SD"),
            ("minimum_ms", "shortest"),
            ("p5_ms", "5th percentile"),
            ("q1_ms", "lower quartile"),
            ("median_ms", "median"),
            ("q3_ms", "upper quartile"),
            ("p95_ms", "95th percentile"),
            ("maximum_ms", "longest"),
        ),
        rows=_exposure,
    ),
    "flagged": Export(
        title=gettext_noop("With and without flagged looks"),
        columns=(
            ("calls", "which calls: all, or without those after a flagged look"),
            ("reader", "reader's code"),
            ("n", "calls"),
            *_rate("sensitivity"),
            *_rate("specificity"),
            ("difference", "model minus reader at the reader's own operating point"),
            ("difference_lower", "its lower limit"),
            ("difference_upper", "its upper limit"),
            ("holm", "its p value by Holm over the readers"),
            ("says", WHO),
        ),
        rows=_flagged,
    ),
    "subgroups": Export(
        title=gettext_noop("Subgroups"),
        columns=(
            ("column", "what the cases (or readers) are parted by"),
            ("group", "which part"),
            ("rate", "sensitivity (GS) or specificity (controls)"),
            ("n", "cases of the class in it that every reader called"),
            ("is_small", "1: too few for a test"),
            ("n_readers", "readers in the mean"),
            ("model", "the model's rate"),
            ("model_lower", "its lower limit (Wilson)"),
            ("model_upper", "its upper limit"),
            ("readers", "mean of the readers' rates"),
            ("difference", "model minus readers"),
            *_spread_columns("these", "these readers: cases random"),
            *_spread_columns("any", "readers of this kind: readers and cases random"),
        ),
        rows=_subgroups,
    ),
}
