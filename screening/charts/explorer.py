"""The calibration figure of the explorer; its other figures are drawn by the page, as they move."""

from typing import Any

from django.utils.translation import gettext as _


def reliability(found: dict[str, Any]) -> dict[str, Any]:
    """``{"reliability": figure}`` with the colours of the style sheet's tokens."""
    bins = found["curve"]["bins"]
    observed = [part["observed"] for part in bins]
    hover = _("said %(said)s, found %(found)s of %(n)s cases")
    axis = {"range": [-0.02, 1.02], "dtick": 0.2, "tickformat": ".0%"}
    return {
        "reliability": {
            "data": [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [0, 1],
                    "y": [0, 1],
                    "name": _("Perfect"),
                    "hoverinfo": "skip",
                    "line": {"color": "--ink-soft", "width": 1, "dash": "dot"},
                },
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": [part["predicted"] for part in bins],
                    "y": [one["value"] for one in observed],
                    "error_y": {
                        "type": "data",
                        "symmetric": False,
                        "array": [one["upper"] - one["value"] for one in observed],
                        "arrayminus": [one["value"] - one["lower"] for one in observed],
                        "thickness": 1.2,
                        "width": 3,
                        "color": "--accent",
                    },
                    "customdata": [part["n"] for part in bins],
                    "name": _("Model, tenths of the cases"),
                    "line": {"color": "--accent", "width": 1.8},
                    "marker": {"color": "--accent", "size": 8},
                    "hovertemplate": hover % {"said": "%{x:.1%}", "found": "%{y:.1%}", "n": "%{customdata}"}
                    + "<extra></extra>",
                },
            ],
            "layout": {
                "xaxis": axis | {"title": {"text": _("Mean probability of GS said")}},
                "yaxis": axis | {"title": {"text": _("Share of GS found")}},
            },
        }
    }
