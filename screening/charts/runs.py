"""The ROC curves of several runs in one figure, drawn by static/js/training/figures.js."""

from typing import Any

from screening.analysis.runs import Side, SideBySide
from training.run_figures import DASHES, chance, curve_trace, roc_layout


def runs(found: SideBySide) -> dict[str, Any]:
    """``{"runs": figure}``: one line a run, told apart by colour and dash."""
    lines = [_line(side, place) for place, side in enumerate(found.sides) if side.curve]
    return {"runs": {"data": [chance(), *lines], "layout": roc_layout()}}


def _line(side: Side, place: int) -> dict[str, Any]:
    """Named by its letter alone: the page gives the run's name beside it, and a legend would have to cut it off."""
    return curve_trace(side.curve, label=side.letter, colour=f"--fold-{place}", width=2, dash=DASHES[place])
