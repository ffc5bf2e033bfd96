"""The rich study's rows straight from the database, past ``screening.tables`` and the analysis."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from readerstudy.reading.models import Call, Incident
from readerstudy.studies.models import Case, Study
from training.models import Prediction

THRESHOLD = 0.5  # of every fold of the golden study
FIELDS = {
    "reader": "trial__session__reader_id",
    "arm": "trial__session__arm",
    "case": "trial__case_id",
    "repetition": "trial__repetition",
    "position": "trial__position",
    "call": "is_gs",
    "confidence": "confidence",
    "ms": "response_ms",
    "onset": "trial__exposure__onset_ms",
    "offset": "trial__exposure__offset_ms",
    "flags": "trial__exposure__flags",
}


def read_raw(study: Study) -> SimpleNamespace:
    """Matrices of shape (readers, cases). Of this study every showing has one call, and every look was measured."""
    cases = list(Case.objects.filter(study=study).order_by("number").select_related("photo__subject"))
    subjects = [case.photo.subject for case in cases]
    scores = dict(Prediction.objects.filter(photo__cases__study=study).values_list("photo_id", "score"))
    readers = list(study.readers.order_by("id"))
    it = SimpleNamespace(
        codes=[reader.code for reader in readers],
        seniority=[reader.get_seniority_display() for reader in readers],
        truth=np.array([subject.has_syndrome for subject in subjects]),
        score=np.array([scores[case.photo_id] for case in cases]),
        diagnosis=[subject.diagnosis for subject in subjects],
        confirmation=[subject.confirmation for subject in subjects],
        sex=[subject.sex for subject in subjects],
        age=np.array([subject.age_months for subject in subjects]),
        incidents=[Incident.objects.filter(session__reader=reader).count() for reader in readers],
    )
    it.model = it.score >= THRESHOLD
    rows = {reader.pk: i for i, reader in enumerate(readers)}
    columns = {case.pk: i for i, case in enumerate(cases)}
    found = [dict(zip(FIELDS, values, strict=True)) for values in Call.objects.values_list(*FIELDS.values())]
    _reads(it, [row for row in found if row["reader"] in rows], rows, columns)
    return it


def _reads(it: SimpleNamespace, found: list[dict[str, Any]], rows: dict[int, int], columns: dict[int, int]) -> None:
    shape = (len(rows), len(columns))
    for name in ("calls", "confidence", "ms", "position", "shown", "aided", "aided_confidence"):
        setattr(it, name, np.full(shape, np.nan))
    it.flagged, it.flags = np.zeros(shape, dtype=bool), [[] for _ in rows]
    it.again: list[list[tuple[int, bool]]] = [[] for _ in rows]
    for row in found:
        cell = rows[row["reader"]], columns[row["case"]]
        if row["arm"] == "aided":
            it.aided[cell], it.aided_confidence[cell] = row["call"], row["confidence"]
        elif row["repetition"]:
            it.again[cell[0]].append((cell[1], row["call"]))
        else:
            it.calls[cell], it.confidence[cell], it.ms[cell] = row["call"], row["confidence"], row["ms"]
            it.position[cell], it.shown[cell] = row["position"], row["offset"] - row["onset"]
            it.flagged[cell] = bool(row["flags"])
            it.flags[cell[0]] += row["flags"]
