"""Figures of a run's held-out scores as plain JSON, drawn in the browser by static/js/training/figures.js.

A colour that begins with "--" is the name of a token of the style sheet, so that a figure follows the page's theme.
Every figure is a square; its legend stands below it.
"""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from training.run_numbers import Numbers, Part

if TYPE_CHECKING:
    from training.engine.curves import Curve

Figure = dict[str, Any]
Trace = dict[str, Any]
FOLD_COLOURS = 5
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
PERCENT = {"range": [-0.015, 1.015], "dtick": 0.2, "tickformat": ".0%"}


def _where() -> str:
    told = {"sensitivity": "%{y:.1%}", "false_positive": "%{x:.1%}"}
    return _("sensitivity %(sensitivity)s, 1 − specificity %(false_positive)s") % told + "<extra></extra>"


def figures(numbers: Numbers) -> dict[str, Figure]:
    """``roc``, ``scores`` and ``reliability``."""
    return {"roc": _roc(numbers), "scores": _scores(numbers), "reliability": _reliability(numbers)}


def _roc(numbers: Numbers) -> Figure:
    folds = [fold_curve(part) for part in numbers.folds if part.curve]
    pooled = (
        [curve_trace(numbers.pooled.curve, label=_("All folds"), colour="--ink", width=2.6)] if len(folds) > 1 else []
    )
    return {
        "data": [chance(), *folds, *pooled, *_points(numbers.pooled)],
        "layout": roc_layout(),
    }


def roc_layout() -> dict[str, Any]:
    return {
        "xaxis": PERCENT | {"title": {"text": _("1 − specificity (controls called GS)")}},
        "yaxis": PERCENT | {"title": {"text": _("Sensitivity (GS called GS)")}},
    }


def chance(label: str = "") -> Trace:
    line = {"color": "--ink-soft", "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "name": label or _("Chance"),
        "line": line,
        "hoverinfo": "skip",
    }


def fold_curve(part: Part) -> Trace:
    index = part.fold.index
    trace = curve_trace(
        part.curve,
        label=_("Fold %(number)s") % {"number": index + 1},
        colour=f"--fold-{index % FOLD_COLOURS}",
        dash=DASHES[index % len(DASHES)],
    )
    return trace | {"opacity": 0.85}


def curve_trace(curve: "Curve", *, label: str, colour: str, width: float = 1.5, dash: str = "solid") -> Trace:
    """The line of one curve with its area in the legend."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": curve.false_positive,
        "y": curve.sensitivity,
        "name": f"{label}: AUC {curve.auc:.3f}",
        "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": f"{label}<br>{_where()}",
    }


def _points(pooled: Part) -> list[Trace]:
    """Where the calls lie: each fold at the threshold it chose on its validation part, all counted together."""
    rates = pooled.calls.rates()
    if rates["sensitivity"] is None or rates["specificity"] is None:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [1 - rates["specificity"]],
            "y": [rates["sensitivity"]],
            "name": _("Calls at the folds' own thresholds"),
            "marker": {
                "symbol": "star",
                "size": 14,
                "color": "--accent",
                "line": {"color": "--surface", "width": 1},
            },
            "hovertemplate": _("Calls at the folds' own thresholds") + f"<br>{_where()}",
        }
    ]


def _scores(numbers: Numbers) -> Figure:
    """GS above the line, controls below it, so that nothing covers anything."""
    gs, controls = numbers.histogram["gs"], numbers.histogram["controls"]
    tallest = max([*gs, *controls, 1])
    ticks = ticks_up_to(tallest)
    return {
        "data": [
            bars(gs, gs, label=f"GS ({numbers.pooled.gs})", colour="--fold-1"),
            bars(
                [-n for n in controls],
                controls,
                label=f"{_('Controls')} ({numbers.pooled.controls})",
                colour="--fold-0",
            ),
        ],
        "layout": {
            "barmode": "relative",
            "bargap": 0.08,
            "xaxis": {"title": {"text": _score_axis(numbers)}, "range": [0, 1], "dtick": 0.2},
            "yaxis": {
                "title": {"text": _("Faces")},
                "range": [-1.08 * tallest, 1.08 * tallest],
                "tickvals": [-n for n in reversed(ticks)] + [0, *ticks],
                "ticktext": [str(n) for n in (*reversed(ticks), 0, *ticks)],
                "zeroline": True,
                "zerolinecolor": "--line-strong",
            },
        },
    }


def _score_axis(numbers: Numbers) -> str:
    return (
        _("Held-out score, folds on one scale")
        if numbers.is_on_one_scale
        else _("Held-out score, as the model gave it")
    )


def bars(heights: list[int], counts: list[int], *, label: str, colour: str) -> Trace:
    width = 1 / len(heights)
    told = {"group": label.split(" (", maxsplit=1)[0], "score": "%{x:.3f}", "n": "%{customdata}"}
    return {
        "type": "bar",
        "x": [(place + 0.5) * width for place in range(len(heights))],
        "y": heights,
        "width": width * 0.92,
        "name": label,
        "marker": {"color": colour},
        "customdata": counts,
        "hovertemplate": _("%(group)s, score about %(score)s: %(n)s") % told + "<extra></extra>",
    }


def ticks_up_to(tallest: int) -> list[int]:
    """One to four round numbers up to the tallest bar."""
    step = next(step for size in range(9) for factor in (1, 2, 5) if (step := factor * 10**size) * 4 >= tallest)
    return list(range(step, tallest + 1, step)) or [tallest]


def _reliability(numbers: Numbers) -> Figure:
    raw = _reliability_trace(numbers.raw, label=_("As the model gave it"), colour="--fold-1", symbol="circle-open")
    tempered = []
    if numbers.calibrated:
        tempered = [_reliability_trace(numbers.calibrated, label=_("Calibrated"), colour="--accent", symbol="square")]
    return {
        "data": [chance(_("Perfect")), raw, *tempered],
        "layout": {
            "xaxis": PERCENT | {"title": {"text": _("Mean probability of GS said")}},
            "yaxis": PERCENT | {"title": {"text": _("Share of GS found")}},
        },
    }


def _reliability_trace(calibration: _("Calibration"), *, label: str, colour: str, symbol: str) -> Trace:
    bins = calibration.bins
    told = {"said": "%{x:.1%}", "found": "%{y:.1%}", "n": "%{customdata}"}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [part.predicted for part in bins],
        "y": [part.observed for part in bins],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [part.upper - part.observed for part in bins],
            "arrayminus": [part.observed - part.lower for part in bins],
            "thickness": 1,
            "width": 3,
            "color": colour,
        },
        "customdata": [part.n for part in bins],
        "name": label,
        "line": {"color": colour, "width": 1.5},
        "marker": {"color": colour, "symbol": symbol, "size": 8},
        "hovertemplate": f"{label}<br>" + _("said %(said)s, found %(found)s of %(n)s faces") % told + "<extra></extra>",
    }
