"""Two comparisons of one study side by side: where their options, their inputs and their numbers differ."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from screening import statistics
from screening.analysis.words import PLACE, said
from screening.statistics import StatisticsWarning, to_plain

OPTIONS = {
    "replicates": gettext_lazy("Replicates"),
    "level": gettext_lazy("Level"),
    "by": gettext_lazy("Readers judged at their own"),
    "margin": gettext_lazy("Non-inferiority margin"),
    "without_flagged": gettext_lazy("Calls after a flagged exposure left out"),
    "seed": gettext_lazy("Seed"),
}
SAYS = {
    "model": gettext_lazy("model better"),
    "reader": gettext_lazy("reader better"),
    "none": gettext_lazy("no difference shown"),
    "": gettext_lazy("no point"),
}
RULE = PLACE | {"on_limit": gettext_lazy("exactly on a limit of the band")}
MODELS = {
    "sensitivity": gettext_lazy("Model's sensitivity"),
    "specificity": gettext_lazy("Model's specificity"),
    "accuracy": gettext_lazy("Model's accuracy"),
}
READERS = {
    "sensitivity": gettext_lazy("%(code)s's sensitivity"),
    "specificity": gettext_lazy("%(code)s's specificity"),
    "accuracy": gettext_lazy("%(code)s's accuracy"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing both comparisons state. ``gap`` is the second less the first, for numbers of one kind."""

    label: str
    first: Any
    second: Any
    gap: float | None = None
    kind: str = "words"  # words, rate, p

    @property
    def differs(self) -> bool:
        return bool(self.first != self.second)


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    options: list[Line]
    inputs: list[Line]
    numbers: list[Line]
    verdicts: list[Line]
    auc_test: dict[str, Any] | None  # DeLong, paired; None where the cases or the models are not two


def side_by_side(first: dict[str, Any], second: dict[str, Any]) -> SideBySide:
    """Plain results in, in the order in which they are shown."""
    return SideBySide(
        options=_options(first, second),
        inputs=_inputs(first, second),
        numbers=_numbers(first, second),
        verdicts=_verdicts(first, second),
        auc_test=_auc_test(first["rows"], second["rows"]),
    )


def _options(first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    names = dict.fromkeys([*first["options"], *second["options"]])
    return [
        Line(
            label=str(OPTIONS.get(name, name.replace("_", " ").capitalize())),
            first=_plain(first["options"].get(name)),
            second=_plain(second["options"].get(name)),
        )
        for name in names
    ]


def _plain(value: Any) -> str:
    if value is None:
        return pgettext("no value", "none")
    return {True: _("yes"), False: _("no")}[value] if isinstance(value, bool) else said(value)


def _inputs(first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    a, b = first["rows"], second["rows"]
    facts = [
        (
            pgettext("of a training", "Run"),
            *(
                _("%(name)s (seed %(seed)s)") % {"name": one["run"]["name"], "seed": one["run"]["seed"]}
                for one in (first, second)
            ),
        ),
        (_("Model"), *(one["run"]["network"] for one in (first, second))),
        (_("Reading"), *(said(one["study"]["status"]) for one in (first, second))),
        (_("Protocol's hash"), *(_digest(one["study"]["protocol_digest"]) for one in (first, second))),
        (_("Cases (GS)"), *(f"{one['cases']['n']} ({one['cases']['n_gs']})" for one in (first, second))),
        (_("Readers"), *(", ".join(reader["code"] for reader in one["readers"]) for one in (first, second))),
        (_("Calls"), *(str(sum(call is not None for row in one["calls"] for call in row)) for one in (a, b))),
        (_("Program"), *(one["versions"]["readerstudy"] for one in (first, second))),
        (_("Format of the result"), *(str(one["format"]) for one in (first, second))),
    ]
    lines = [Line(label=label, first=one, second=other) for label, one, other in facts]
    return [*lines, *_changed(first, second)]


def _digest(digest: str) -> str:
    return digest[:12] if digest else pgettext("no value", "none")


def _changed(first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    """How many calls and scores of the cases in both are not the same."""
    calls, others = _calls(first), _calls(second)
    shared = calls.keys() & others.keys()
    changed = sum(calls[key] != others[key] for key in shared)
    scores, other_scores = (
        dict(zip(one["rows"]["photo"], one["rows"]["score"], strict=True)) for one in (first, second)
    )
    both = scores.keys() & other_scores.keys()
    moved = sum(scores[photo] != other_scores[photo] for photo in both)
    return [
        Line(label=_("Calls that are not the same"), first="", second=_share(changed, len(shared))),
        Line(label=_("Scores that are not the same"), first="", second=_share(moved, len(both))),
    ]


def _share(n: int, all_: int) -> str:
    return _("%(n)s of %(of)s") % {"n": n, "of": all_} if n else ""


def _calls(result: dict[str, Any]) -> dict[tuple[str, int], Any]:
    """By reader's code and photo."""
    return {
        (reader["code"], photo): call
        for reader, row in zip(result["readers"], result["rows"]["calls"], strict=True)
        for photo, call in zip(result["rows"]["photo"], row, strict=True)
    }


def _numbers(first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    one, other = first["model"], second["model"]
    lines = [
        _number(_("Pooled AUC"), one["auc"]["bootstrap"], other["auc"]["bootstrap"]),
        *(_number(str(label), one["rates"][name], other["rates"][name]) for name, label in MODELS.items()),
    ]
    for code, a, b in _both(first, second):
        if a["has_point"] and b["has_point"]:
            lines += [
                _number(label % {"code": code}, a["rates"][name], b["rates"][name]) for name, label in READERS.items()
            ]
    return lines


def _number(label: str, first: dict[str, Any], second: dict[str, Any]) -> Line:
    gap = None if None in (first["value"], second["value"]) else second["value"] - first["value"]
    kept = ("value", "lower", "upper")
    shown = [{name: estimate[name] for name in kept} for estimate in (first, second)]
    return Line(label=label, first=shown[0], second=shown[1], gap=gap, kind="rate")


def _verdicts(first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    lines = []
    for code, a, b in _both(first, second):
        said = [_said(reader, result) for reader, result in ((a, first), (b, second))]
        lines.append(Line(label=code, first=said[0], second=said[1]))
    return lines


def _said(reader: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The conclusion, the paper's rule and the p value behind it, each at the options of its own comparison."""
    if not reader["has_point"]:
        return {"says": str(SAYS[""]), "rule": "", "p": None}
    by = result["options"]["by"]
    compared = {"specificity": "sensitivity", "sensitivity": "specificity"}[by]
    return {
        "says": str(SAYS[reader["words"]["says"]]),
        "rule": str(RULE[reader["verdict"][f"at_{by}"]["position"]]),
        "p": reader["paired_holm"][compared],
    }


def _both(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    others = {reader["code"]: reader for reader in second["readers"]}
    return [(reader["code"], reader, others[reader["code"]]) for reader in first["readers"] if reader["code"] in others]


def _auc_test(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any] | None:
    if a["photo"] != b["photo"] or a["truth"] != b["truth"] or a["score"] == b["score"]:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)  # what has no test is shown as a dash
        test = statistics.delong_test(np.array(b["truth"]), np.array(b["score"]), np.array(a["score"]))
    return dict(to_plain(test))
