"""The monitor's table, ready to be written: with two hundred readers a template that formats takes most of the time."""

import math
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from readerstudy.studies.models import Study
from readerstudy.studies.selectors.monitor import Progress
from readerstudy.studies.words import READERS

TONES = {"finished": " good", "reading": " accent", "withdrawn": " bad"}
NOTHING = "–"


def monitor_lines(study: Study, rows: list[Progress]) -> list[dict[str, Any]]:
    """One dictionary a reader: what a template finds fastest."""
    before, after = reverse("reading:trials", args=[study.pk, 0]).rsplit("0", 1)
    return [_line(row, path=f"{before}{row.reader.pk}{after}") for row in rows]


def _line(row: Progress, *, path: str) -> dict[str, Any]:
    reader, seen = row.reader, row.last_seen and timezone.localtime(row.last_seen)
    return {
        "pk": reader.pk,
        "path": path,
        "code": reader.code,
        "name": _("anonymised") if reader.anonymised_at else reader.user.name,
        "part": reader.part and _("part %(part)s") % {"part": reader.part},
        "is_simulated": reader.is_simulated,
        "state": str(READERS[row.state]),
        "tone": TONES.get(row.state, ""),
        "percent": row.percent,
        "meter": _("Progress of %(code)s") % {"code": reader.code},
        "done": f"{row.done} / {row.total}",
        "seen_at": seen and seen.isoformat(),
        "seen": seen and _moment(seen),
        "median": NOTHING if row.median_response_ms is None else f"{math.floor(row.median_response_ms + 0.5):,} ms",
        "is_hasty": row.is_hasty,
        "is_straight": row.is_straight,
        "incidents": row.incidents,
        "flagged": row.flagged,
    }


def _moment(at: datetime) -> str:
    return dateformat.format(at, _("j M, H:i"))
