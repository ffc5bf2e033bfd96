"""Colours, symbols, axes. Okabe and Ito's colours, told apart by every kind of colour vision and in grey by symbol."""

from html import escape
from typing import Any

from django.utils.translation import gettext as _

COLOURS = {
    "ink": "#14212a",
    "soft": "#4a5b66",
    "line": "#d3dbdf",
    "model": "#14212a",
    "band": "rgba(86, 180, 233, 0.30)",
    "simultaneous": "rgba(86, 180, 233, 0.16)",
    "senior": "#0072b2",
    "junior": "#d55e00",
    "other": "#009e73",
    "mean": "#7a3e64",
}
FOLDS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a3e64", "#4a5b66")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "pentagon", "star", "hexagon", "triangle-down", "cross")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
# Past this many readers their labels would cover each other; the hover still names them.
MOST_LABELS = 12


def text(words: str) -> str:
    """Words of a person inside plotly's markup."""
    return escape(words, quote=False)


def layout(note: str) -> dict[str, Any]:
    """ROC space, legend below, ``note`` inside the empty corner. The page gives it a size that makes it a square."""
    axis = {
        "range": [-0.015, 1.015],
        "dtick": 0.2,
        "tickformat": ".0%",
        "showgrid": True,
        "gridcolor": COLOURS["line"],
        "zeroline": False,
        "linecolor": COLOURS["soft"],
        "linewidth": 1,
        "mirror": True,
        "ticks": "outside",
    }
    return {
        "xaxis": axis | {"title": {"text": _("1 − specificity (controls called GS)"), "font": {"size": 14}}},
        "yaxis": axis | {"title": {"text": _("Sensitivity (GS called GS)"), "font": {"size": 14}}},
        "font": {"family": "system-ui, 'Segoe UI', 'Noto Sans', sans-serif", "size": 14, "color": COLOURS["ink"]},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 64, "r": 24, "t": 14, "b": 56},
        "legend": {"x": 0, "y": -0.17, "xanchor": "left", "yanchor": "top", "font": {"size": 13}, "tracegroupgap": 0},
        "hoverlabel": {"align": "left", "font": {"size": 14}},
        "hovermode": "closest",
        "annotations": [_note(note)] if note else [],
    }


def _note(words: str) -> dict[str, Any]:
    return {
        "text": words,
        "xref": "x",
        "yref": "y",
        "x": 1.0,
        "y": 0.01,
        "xanchor": "right",
        "yanchor": "bottom",
        "align": "right",
        "showarrow": False,
        "font": {"size": 12, "color": COLOURS["soft"]},
    }


def interval(estimate: dict[str, Any], digits: int = 3) -> str:
    """``0.944 (0.924–0.963)``"""
    value = f"{estimate['value']:.{digits}f}"
    if estimate["lower"] is None:
        return value
    return f"{value} ({estimate['lower']:.{digits}f}–{estimate['upper']:.{digits}f})"
