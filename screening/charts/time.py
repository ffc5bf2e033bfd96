"""Accuracy over reading time, accuracy and pace over the session: a line a reader, and their mean."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from screening.charts.look import COLOURS
from screening.charts.plain import Figure, below, frame, line, mean

HEIGHT = 400
FIFTHS = (
    gettext_lazy("fastest"),
    pgettext_lazy("a fifth", "2nd"),
    pgettext_lazy("a fifth", "middle"),
    pgettext_lazy("a fifth", "4th"),
    gettext_lazy("slowest"),
)


def time_charts(result: dict[str, Any], note: str) -> dict[str, Figure]:
    found = result["time"]
    share = {"title": _("Accuracy"), "tickformat": ".0%"}
    seconds = {"title": _("Median response time (s)"), "rangemode": "tozero"}
    speeds = {"title": _("Own calls by speed, in fifths")}
    parts = {"title": _("Part of the session, in tenths"), "dtick": 1}
    tenths = [part + 1 for part in range(found["parts"])]
    drawn = {
        "speed": _chart(
            found, "by_speed", [str(name) for name in FIFTHS], value="accuracy", x=speeds, y=share, note=note
        ),
        "session-accuracy": _chart(found, "by_part", tenths, value="accuracy", x=parts, y=share, note=note),
        "session-time": _chart(found, "by_part", tenths, value="median_ms", x=parts, y=seconds, note=note),
    }
    return {name: figure for name, figure in drawn.items() if figure["data"]}


def _chart(
    found: dict[str, Any], key: str, x_values: list[Any], *, value: str, x: dict[str, Any], y: dict[str, Any], note: str
) -> Figure:
    is_time = value == "median_ms"
    hover = "%{x}: " + ("%{y:.1f} s" if is_time else "%{y:.1%}")
    whole = [reader for reader in found["readers"] if _has(reader[key], value)]
    data = [
        line(
            reader["code"],
            x_values,
            [_of(part, value) for part in reader[key]],
            place=place,
            colour=COLOURS[reader["seniority"]],
            hover=hover,
            many=len(whole),
        )
        for place, reader in enumerate(whole)
    ]
    if found[key] and all(part[value] for part in found[key]):
        means = [_scaled(part[value], 1 / 1000 if is_time else 1) for part in found[key]]
        data.append(mean(x_values, means, hover=hover, name=_("Mean of %(n)s readers") % {"n": len(whole)}))
    return {"data": data, "layout": frame(x=x, y=y, height=HEIGHT, note=note) | below(HEIGHT)}


def _has(parts: list[dict[str, Any]] | None, value: str) -> bool:
    return bool(parts) and all(part[value] is not None for part in parts or [])


def _of(part: dict[str, Any], value: str) -> float:
    found: float = part["median_ms"] / 1000 if value == "median_ms" else part["accuracy"]["value"]
    return found


def _scaled(estimate: dict[str, Any], factor: float) -> dict[str, Any]:
    names = ("value", "lower", "upper")
    return {name: None if estimate[name] is None else factor * estimate[name] for name in names}
