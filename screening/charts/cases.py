"""The matrix of calls as a heat map: readers down, cases across, in the colours of the style sheet's tokens."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS = (
    gettext_lazy("control, called not GS"),
    gettext_lazy("GS, called GS"),
    gettext_lazy("control called GS"),
    gettext_lazy("GS missed"),
    gettext_lazy("not read"),
)
COLOURS = ("--cell-right", "--cell-right", "--cell-alarm", "--cell-missed", "--cell-none")


def figure(found: dict[str, Any]) -> dict[str, Any]:
    """The page hangs the case's number on every cell, so that a click opens the case."""
    numbers, rows = found["numbers"], found["rows"]
    words, case = [str(word) for word in WORDS], _("case %(number)s: %(call)s")
    steps = [[edge / 5, colour] for i, colour in enumerate(COLOURS) for edge in (i, i + 1)]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": [[int(cell) for cell in row["cells"]] for row in rows],
                "x": list(range(len(numbers))),
                "y": [row["code"] for row in rows],
                "text": [
                    [
                        case % {"number": number, "call": words[int(cell)]}
                        for number, cell in zip(numbers, row["cells"], strict=True)
                    ]
                    for row in rows
                ],
                "hovertemplate": "<b>%{y}</b>, %{text}<extra></extra>",
                "zmin": -0.5,
                "zmax": 4.5,
                "colorscale": steps,
                "showscale": False,
                "ygap": 2,
                "xgap": 1 if len(numbers) <= 120 else 0,
            }
        ],
        "layout": {
            "xaxis": {
                "title": {"text": _("%(n)s cases, as listed below") % {"n": len(numbers)}},
                "showgrid": False,
                "showticklabels": False,
                "ticks": "",
            },
            "yaxis": {"autorange": "reversed", "showgrid": False, "ticks": "", "type": "category"},
        },
        "numbers": numbers,
    }
