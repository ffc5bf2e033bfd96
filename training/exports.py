"""Held-out scores as CSV that a spreadsheet cannot mistake for formulas."""

import csv
import io

from training import selectors
from training.models import TrainingRun

HEADER = ("subject", "photo", "fold", "score", "calibrated")


def predictions_csv(run: TrainingRun) -> str:
    """One row a photo: subject code, photo token, the fold that held it out (1, 2, ...), P(GS) as the network gave it
    and the same after the fold's temperature; a cell stays empty where there is none.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row in selectors.predictions_of(run):
        scores = ["" if score is None else repr(score) for score in (row.score, row.calibrated)]
        writer.writerow([safe(row.photo.subject.code), row.photo.token, row.fold.index + 1, *scores])
    return out.getvalue()


def safe(text: str) -> str:
    """The cell with a leading apostrophe when a spreadsheet would run it.

    >>> safe("=1+1"), safe("S-001")
    ("'=1+1", 'S-001')
    """
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
