"""A ZIP that reproduces the headline numbers outside this software: data, results, and two scripts."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from screening.exports.safe import to_csv
from screening.report import data
from screening.report.expected import HEADER, expected

SCRIPTS = Path(__file__).parent / "scripts"  # kept as text: they are no part of this program


def bundle(result: dict[str, Any], facts: dict[str, Any]) -> bytes:
    """The same bytes for the same comparison."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in _files(result, facts).items():
            packed.writestr(_entry(name, facts["made_at"]), text)
    return held.getvalue()


def _files(result: dict[str, Any], facts: dict[str, Any]) -> dict[str, str]:
    who = f"Comparison {facts['comparison']} of {result['study']['name']}, fingerprint {facts['fingerprint']}."
    return {
        "README.txt": _script("README.txt").replace("{comparison}", who),
        "results.json": json.dumps(results(result, facts), ensure_ascii=False, indent=1, allow_nan=False),
        "expected.csv": to_csv(HEADER, expected(result)),
        "data/scores.csv": to_csv(data.SCORES, data.scores(result)),
        "data/reads.csv": to_csv(data.READS, data.reads(result)),
        "reproduce.py": _script("reproduce.py.txt"),
        "reproduce.R": _script("reproduce.R.txt"),
    }


def results(result: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Everything stored, under case numbers: the numbers that photographs have on this site are left out."""
    head = {name: facts[name] for name in ("comparison", "fingerprint", "made_by")}
    rows = {name: values for name, values in result["rows"].items() if name != "photo"}
    return head | {"made_at": facts["made_at"].isoformat()} | result | {"rows": rows}


def _script(name: str) -> str:
    return (SCRIPTS / name).read_text(encoding="utf-8")


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
