"""Where one new photo lies among a run's held-out faces, drawn by static/js/training/figures.js."""

from typing import Any

from django.utils.translation import gettext as _

from training.run_figures import Figure, Trace, bars, ticks_up_to


def new_photo(scale: dict[str, Any]) -> dict[str, Figure]:
    """``{"place": figure}``: GS above the line, controls below it, the photo as a line across both."""
    gs, controls = scale["gs"], scale["controls"]
    tallest = max([*gs, *controls, 1])
    ticks = ticks_up_to(tallest)
    words = _("Calibrated probability of GS") if scale["is_calibrated"] else _("Raw score for GS, 0 to 1")
    return {
        "place": {
            "data": [
                bars(gs, gs, label=f"GS ({sum(gs)})", colour="--fold-1"),
                bars(
                    [-n for n in controls],
                    controls,
                    label=_("Controls (%(n)d)") % {"n": sum(controls)},
                    colour="--fold-0",
                ),
                _photo(scale, tallest),
                *_thresholds(scale["thresholds"]),
            ],
            "layout": {
                "barmode": "relative",
                "bargap": 0.08,
                "shapes": [_spread(scale)],
                "xaxis": {"title": {"text": words}, "range": [-0.01, 1.01], "dtick": 0.2},
                "yaxis": {
                    "title": {"text": _("Held-out faces of the cohort")},
                    "range": [-1.08 * tallest, 1.08 * tallest],
                    "tickvals": [-n for n in reversed(ticks)] + [0, *ticks],
                    "ticktext": [str(n) for n in (*reversed(ticks), 0, *ticks)],
                    "zeroline": True,
                    "zerolinecolor": "--line-strong",
                },
            },
        }
    }


def _photo(scale: dict[str, Any], tallest: int) -> Trace:
    words = _("This photo: %(mean)s (networks %(low)s to %(high)s)") % {
        name: f"{scale[name]:.2f}" for name in ("mean", "low", "high")
    }
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [scale["mean"]] * 2,
        "y": [-1.08 * tallest, 1.08 * tallest],
        "name": words,
        "line": {"color": "--ink", "width": 2.5},
        "hovertemplate": f"{words}<extra></extra>",
    }


def _spread(scale: dict[str, Any]) -> dict[str, Any]:
    """From the lowest to the highest network, behind the bars."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": scale["low"],
        "x1": scale["high"],
        "y0": 0,
        "y1": 1,
        "fillcolor": "--ink",
        "opacity": 0.12,
        "line": {"width": 0},
        "layer": "below",
    }


def _thresholds(values: list[float]) -> list[Trace]:
    if not values:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": values,
            "y": [0] * len(values),
            "name": _("Thresholds of the networks"),
            "marker": {"symbol": "diamond", "size": 9, "color": "--surface", "line": {"color": "--ink", "width": 1.5}},
            "hovertemplate": _("threshold %(value)s") % {"value": "%{x:.3f}"} + "<extra></extra>",
        }
    ]
