"""The matrix of calls as a heat map: readers down, cases across, in the colours of the style sheet's tokens."""

from typing import Any

WORDS = ("control, called not GS", "GS, called GS", "control called GS", "GS missed", "not read")
COLOURS = ("--cell-right", "--cell-right", "--cell-alarm", "--cell-missed", "--cell-none")


def figure(found: dict[str, Any]) -> dict[str, Any]:
    """The page hangs the case's number on every cell, so that a click opens the case."""
    numbers, rows = found["numbers"], found["rows"]
    steps = [[edge / 5, colour] for i, colour in enumerate(COLOURS) for edge in (i, i + 1)]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": [[int(cell) for cell in row["cells"]] for row in rows],
                "x": list(range(len(numbers))),
                "y": [row["code"] for row in rows],
                "text": [
                    [f"case {number}: {WORDS[int(cell)]}" for number, cell in zip(numbers, row["cells"], strict=True)]
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
                "title": {"text": f"{len(numbers)} cases, as listed below"},
                "showgrid": False,
                "showticklabels": False,
                "ticks": "",
            },
            "yaxis": {"autorange": "reversed", "showgrid": False, "ticks": "", "type": "category"},
        },
        "numbers": numbers,
    }
