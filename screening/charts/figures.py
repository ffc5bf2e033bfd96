"""Figure 4 of the paper: (a) the pooled curve over the folds' curves, (b) the readers against the band."""

from typing import Any

from django.utils.translation import gettext as _

from screening.charts import reader_traces, traces
from screening.charts.look import layout

Figure = dict[str, Any]


def roc(result: dict[str, Any]) -> dict[str, Figure]:
    """``{"a": figure, "b": figure}``, each with ``data`` and ``layout``."""
    note = note_of(result)
    return {
        "a": {
            "data": [
                traces.chance(),
                *traces.folds(result["model"]["folds"]),
                traces.pooled(result["model"]),
                traces.operating_point(result["model"]),
            ],
            "layout": layout(note),
        },
        "b": {
            "data": [
                *traces.bands(result["model"]["bands"], shown=result["options"]["by"]),
                traces.chance(),
                traces.pooled(result["model"]),
                traces.operating_point(result["model"]),
                *reader_traces.own_curves(result["readers"]),
                *reader_traces.readers(result["readers"]),
                *reader_traces.mean_reader(result["mean_reader"]),
            ],
            "layout": layout(note),
        },
    }


def note_of(result: dict[str, Any]) -> str:
    """What must travel with the picture wherever it is copied to."""
    parts = []
    if result["study"]["is_phantom"]:
        parts.append(_("digital phantom"))
    if any(reader["is_simulated"] for reader in result["readers"]):
        is_every = all(reader["is_simulated"] for reader in result["readers"])
        parts.append(_("simulated readers") if is_every else _("○ simulated"))
    if result["study"]["status"] == "open":
        parts.append(_("interim: reading still open"))
    return "<br>".join(parts)
