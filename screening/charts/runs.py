"""The ROC curves of several runs in one figure, drawn by static/js/training/figures.js."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from screening.analysis.runs import Side, SideBySide
from screening.charts.labels import positions
from screening.charts.look import MOST_LABELS, SYMBOLS, text
from screening.charts.traces import coordinates, counts_words, false_positive
from training.run_figures import DASHES, chance, curve_trace, roc_layout


def runs(found: SideBySide) -> dict[str, Any]:
    """``{"runs": figure}``: one line a run, told apart by colour and dash."""
    lines = [_line(side, place) for place, side in enumerate(found.sides) if side.curve]
    return {"runs": {"data": [chance(), *lines], "layout": roc_layout()}}


def runs_and_readers(found: SideBySide, readers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same with the readers of a comparison."""
    figure = runs(found)["runs"]
    return {"runs": figure | {"data": [*figure["data"], *points(readers, colour="--ink")]}}


def curves_and_readers(sides: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """``{"runs": figure}`` of comparisons, each a letter and its result: pooled curves and readers.

    Readers with the same point in both are drawn once.
    """
    data = [chance()]
    drawn: list[dict[str, Any]] = []
    for place, (letter, result) in enumerate(sides):
        curve = result["model"]["roc"]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": false_positive(curve["specificity"]),
                "y": curve["sensitivity"],
                "name": _("%(letter)s: AUC %(auc)s") % {"letter": letter, "auc": f"{curve['auc']:.3f}"},
                "line": {"color": f"--fold-{place}", "width": 2, "dash": DASHES[place]},
                "hovertemplate": f"{letter}<br>{coordinates()}",
            }
        )
        fresh = [reader for reader in result["readers"] if _spot(reader) not in [_spot(other) for other in drawn]]
        drawn += fresh
        data += points(fresh, colour="--ink" if place == 0 else f"--fold-{place}")
    return {"runs": {"data": data, "layout": roc_layout()}}


def points(readers: Sequence[dict[str, Any]], *, colour: str) -> list[dict[str, Any]]:
    """Readers with their interval crosses, named by their codes beside them."""
    placed = [reader for reader in readers if reader["has_point"]]
    where = positions([_spot(reader)[1:] for reader in placed])
    mode = "markers+text" if len(placed) <= MOST_LABELS else "markers"
    return [
        _point(reader, colour=colour, mode=mode) | {"textposition": where[i], "marker": _marker(i, reader, colour)}
        for i, reader in enumerate(placed)
    ]


def _point(reader: dict[str, Any], *, colour: str, mode: str) -> dict[str, Any]:
    _, x, y = _spot(reader)
    across, up = reader["rates"]["specificity"], reader["rates"]["sensitivity"]
    cross = {"type": "data", "symmetric": False, "color": colour, "thickness": 1, "width": 3}
    return {
        "type": "scatter",
        "mode": mode,
        "x": [x],
        "y": [y],
        "text": [text(reader["code"])],
        "textfont": {"color": colour},
        "cliponaxis": False,
        "name": text(reader["code"]),
        "showlegend": False,
        # The axis is 1 − specificity: the upper limit of the specificity lies to the left.
        "error_x": cross
        | {"array": [across["value"] - across["lower"]], "arrayminus": [across["upper"] - across["value"]]},
        "error_y": cross | {"array": [up["upper"] - up["value"]], "arrayminus": [up["value"] - up["lower"]]},
        "hovertemplate": f"<b>{text(reader['code'])}</b><br>{counts_words(reader['confusion'])}<extra></extra>",
    }


def _marker(place: int, reader: dict[str, Any], colour: str) -> dict[str, Any]:
    symbol = SYMBOLS[place % len(SYMBOLS)]
    return {"symbol": f"{symbol}-open" if reader["is_simulated"] else symbol, "size": 9, "color": colour}


def _spot(reader: dict[str, Any]) -> tuple[str, float, float]:
    if not reader["has_point"]:
        return reader["code"], -1.0, -1.0
    rates = reader["rates"]
    return reader["code"], 1 - rates["specificity"]["value"], rates["sensitivity"]["value"]


def _line(side: Side, place: int) -> dict[str, Any]:
    """Named by its letter alone: the page gives the run's name beside it, and a legend would have to cut it off."""
    return curve_trace(side.curve, label=side.letter, colour=f"--fold-{place}", width=2, dash=DASHES[place])
