"""Somebody at the reader's desk who notes down everything but the face, and lets a machine look for the truth in it.

What is noted: every header, every field of every answer, the structure of the picture's file, and how many questions
the server asked its database, which stands for the time an answer takes and is the same on every machine.
"""

import io
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection
from django.test import Client
from PIL import Image
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from readerstudy.reading.models import ReadingSession, Trial
from screening.statistics import delong_interval

LEVEL = 0.99


@dataclass
class Notes:
    """One row a face: what was seen, by name; and the truth, which the attacker gets from elsewhere."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)


class Counter:
    """Counts what is asked of the database."""

    def __init__(self) -> None:
        self.questions = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.questions += 1
        return execute(*arguments)


def read_everything(client: Client, session: ReadingSession) -> Notes:
    """Reads a whole session by the API, as the page does, and notes what comes back."""
    notes = Notes()
    place = _post(client, f"sessions/{session.token}/start", {}, {}).json()
    while place["state"] == "trial":
        seen: dict[str, Any] = {}
        token = place["trial"]["token"]
        _note(seen, "place", place | {"ahead": None})
        with connection.execute_wrapper(asked := Counter()):
            answer = client.get(place["trial"]["photo"])
        _note(seen, "photo", dict(answer.headers) | {"questions": asked.questions, "status": answer.status_code})
        _note(seen, "file", inside(b"".join(answer.streaming_content)))
        _post(client, f"trials/{token}/start", {"key": "k"}, seen)
        look = {"end": "complete", "onset_ms": 100.0, "offset_ms": 600.0, "frames": 30}
        _post(client, f"trials/{token}/exposure", look, seen)
        call = {"is_gs": True, "confidence": 3, "response_ms": 700.0, "idempotency_key": f"key-{len(notes.rows):05d}"}
        _post(client, f"trials/{token}/call", call, seen)
        trial = Trial.objects.select_related("case__photo__subject").get(token=token)
        notes.rows.append(seen)
        notes.truth.append(trial.case.photo.subject.has_syndrome)
        place = _post(client, f"sessions/{session.token}/next", {}, {}).json()
    return notes


def _post(client: Client, path: str, body: dict[str, Any], seen: dict[str, Any]) -> Any:
    with connection.execute_wrapper(asked := Counter()):
        answer = client.post(f"/api/v1/reading/{path}/", body, content_type="application/json")
    assert answer.status_code in (200, 201), answer.content
    step = path.rsplit("/", 1)[-1]
    _note(seen, step, dict(answer.headers) | {"questions": asked.questions})
    _note(seen, f"{step} body", answer.json())
    return answer


def _note(seen: dict[str, Any], name: str, value: Any) -> None:
    """Every leaf of ``value`` under a name of its own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _note(seen, f"{name}.{key}", inner)
    elif isinstance(value, list | tuple):
        _note(seen, f"{name}.length", len(value))
        for number, inner in enumerate(value[:80]):
            _note(seen, f"{name}[{number}]", inner)
    else:
        seen[name] = value


def inside(data: bytes) -> dict[str, Any]:
    """How a picture's file is made: its length, where the picture ends in it, its segments, size and tables."""
    found: dict[str, Any] = {"bytes": len(data), "end": len(data.rstrip(b"\0"))}
    with Image.open(io.BytesIO(data)) as image:
        found |= {"kind": image.format, "width": image.width, "height": image.height, "mode": image.mode}
        found["about"] = {str(name): len(str(value)) for name, value in image.info.items()}
        found["layers"] = [list(layer) for layer in getattr(image, "layer", [])]
        tables = getattr(image, "quantization", {})
        found["tables"] = [value for table in tables.values() for value in list(table)[:8]]
    return found


@dataclass(frozen=True)
class Found:
    auc: float
    lower: float
    upper: float
    told: list[str]  # the names of what the attacker could use at all: the rest is the same for every face


def attack(notes: Notes) -> Found:
    """Cross-validated: what the attacker makes of faces whose truth was not told."""
    names = sorted({name for row in notes.rows for name in row})
    columns = {key: column for name in names for key, column in _columns(name, notes.rows).items()}
    varying = {name: column for name, column in columns.items() if len(np.unique(column)) > 1}
    truth = np.array(notes.truth)
    if not varying:
        return Found(auc=0.5, lower=0.5, upper=0.5, told=[])
    model = HistGradientBoostingClassifier(
        max_iter=40, max_depth=3, min_samples_leaf=5, early_stopping=False, random_state=1
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    table = np.column_stack(list(varying.values()))
    with threadpool_limits(1):  # on a busy machine its threads would wait for each other
        scores = cross_val_predict(model, table, truth, cv=folds, method="predict_proba")[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing can be said of the variance at an AUC of 1
        interval = delong_interval(truth, scores, level=LEVEL)
    return Found(auc=interval.value, lower=interval.lower, upper=interval.upper, told=sorted(varying))


def _columns(name: str, rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """A number as it is; of a text its length, its place in the alphabet and how often it comes."""
    values = [row.get(name) for row in rows]
    try:
        return {name: np.array([np.nan if value is None else float(value) for value in values])}
    except (TypeError, ValueError):
        texts = np.array([str(value) for value in values])
        _, places, counts = np.unique(texts, return_inverse=True, return_counts=True)
        return {
            f"{name} (length)": np.array([len(text) for text in texts], float),
            f"{name} (place)": places.astype(float),
            f"{name} (how often)": counts[places].astype(float),
        }


def assert_blind(notes: Notes) -> Found:
    """The truth cannot be read off: chance lies within the interval."""
    found = attack(notes)
    assert found.lower <= 0.5 <= found.upper, f"AUC {found.auc:.3f} ({found.lower:.3f} to {found.upper:.3f})"
    return found
