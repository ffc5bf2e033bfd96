"""All figures of the sections by the name under which the page places them."""

from typing import Any

from screening.charts.agreement import kappa_matrix
from screening.charts.aided import arrows
from screening.charts.exposure import exposure_chart
from screening.charts.figures import note_of
from screening.charts.plain import Figure
from screening.charts.subgroups import forests
from screening.charts.time import time_charts

DRAWN = {
    "agreement": kappa_matrix,
    "aided": arrows,
    "time": time_charts,
    "exposure": exposure_chart,
    "subgroups": forests,
}


def sections(result: dict[str, Any]) -> dict[str, Figure]:
    """What a result of format 1 lacks is not drawn."""
    note = note_of(result)
    drawn: dict[str, Figure] = {}
    for key, draw in DRAWN.items():
        if key in result:
            drawn |= draw(result, note)
    return drawn
