"""Cohen's kappa of every pair as a matrix, the model last."""

from typing import Any

from django.utils.translation import gettext as _

from screening.analysis.agreement import MODEL
from screening.analysis.words import said, span
from screening.charts.look import MOST_LABELS, text
from screening.charts.plain import Figure, frame

# Light enough everywhere for the dark ink on it, in both themes.
SCALE = [[0.0, "#ffffff"], [0.5, "#cfe6f7"], [1.0, "#7fb9e3"]]
INK = "#15222b"


def kappa_matrix(result: dict[str, Any], note: str) -> dict[str, Figure]:
    found = result["agreement"]
    kappas = {frozenset((pair["a"], pair["b"])): pair for pair in found["pairs"] if pair["kappa"]}
    names = [name for name in [*found["codes"], MODEL] if any(name in pair for pair in kappas)]
    if len(names) < 2:
        return {}
    cells = [
        [kappas.get(frozenset((a, b))) if j < i else None for j, b in enumerate(names)] for i, a in enumerate(names)
    ]
    rows, columns = names[1:], names[:-1]
    shown = [row[:-1] for row in cells[1:]]
    labels = {"tickvals": list(range(len(columns))), "ticktext": [text(said(name)) for name in columns]}
    height = 110 + 38 * len(rows) if len(rows) <= MOST_LABELS else 620
    layout = frame(
        x={"showgrid": False, "side": "bottom", **labels},
        y={
            "showgrid": False,
            "autorange": "reversed",
            "tickvals": list(range(len(rows))),
            "ticktext": [text(said(name)) for name in rows],
        },
        height=height,
        note=note,
    )
    return {"agreement": {"data": [_matrix(shown, rows, columns)], "layout": layout}}


def _matrix(shown: list[list[Any]], rows: list[str], columns: list[str]) -> dict[str, Any]:
    value = [[pair["kappa"]["value"] if pair else None for pair in row] for row in shown]
    return {
        "type": "heatmap",
        "x": list(range(len(columns))),
        "y": list(range(len(rows))),
        "z": value,
        "zmin": 0,
        "zmax": 1,
        "colorscale": SCALE,
        "xgap": 2,
        "ygap": 2,
        "text": [["" if one is None else f"{one:.2f}" for one in row] for row in value],
        "texttemplate": "%{text}" if len(rows) <= MOST_LABELS else "",
        "textfont": {"color": INK, "size": 13},
        "customdata": [[_hover(pair) for pair in row] for row in shown],
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "colorbar": {
            "title": {"text": _("Cohen's κ")},
            "thickness": 12,
            "len": 0.9,
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        },
    }


def _hover(pair: dict[str, Any] | None) -> str:
    if pair is None:
        return ""
    kappa = pair["kappa"]
    limits = "" if kappa["lower"] is None else f" ({span(*_limits(kappa))})"
    value = _("not defined") if kappa["value"] is None else f"{kappa['value']:.2f}{limits}"
    words = _("<b>%(a)s and %(b)s</b><br>κ %(value)s<br>the same call on %(agree)s of %(n)s faces (%(share)s)")
    return words % {
        "a": text(said(pair["a"])),
        "b": text(said(pair["b"])),
        "value": value,
        "agree": pair["agree"],
        "n": pair["n"],
        "share": f"{pair['percent']['value']:.1%}",
    }


def _limits(kappa: dict[str, Any]) -> list[str]:
    return [f"{kappa[limit]:.2f}" for limit in ("lower", "upper")]
