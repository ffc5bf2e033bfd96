"""A finished run with stand-ins for the face finder and the networks at their seams."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from screening.imports.runs import RECIPE
from tests.training.app.conftest import cohort, data_dir, fit, make_run, prepared  # noqa: F401 - fixtures
from tests.training.conftest import real_run, small_networks  # noqa: F401 - fixtures
from training import services, work
from training.engine.results import FaceResult
from training.models import Fold, NewPhoto, State, TrainingRun

LANDMARKS = np.array([[80, 90], [144, 90], [112, 125], [88, 160], [136, 160]], float)


def picture(colour=(200, 150, 120)) -> bytes:
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "name of the child"
    Image.new("RGB", (300, 300), colour).save(data, "JPEG", exif=exif)
    return data.getvalue()


@pytest.fixture
def finished(prepared, fit):  # noqa: F811
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    run = TrainingRun.objects.get(pk=prepared.pk)
    for number, row in enumerate(run.predictions.order_by("photo_id")):
        score = 0.02 + 0.04 * number
        run.predictions.filter(pk=row.pk).update(score=score, calibrated=0.5 + (score - 0.5) / 2)
    return run


def face(**changes) -> FaceResult:
    fields = {"status": "ready", "box": (60.0, 50.0, 110.0, 150.0), "landmarks": LANDMARKS, "faces_found": 1}
    return FaceResult(**(fields | {"eye_distance": 64.0, "sharpness": 0.5, "brightness": 120.0} | changes))


def embeddings(model, crops, *, recipe):
    """A face lies on a circle, at as many degrees as its red is bright: those of the cohort at 40, 41, 42 ..."""
    red = np.radians(crops[:, 0, 0, 0].astype(float))
    points = np.stack([np.cos(red), np.sin(red)], axis=1).astype(np.float32)
    return np.stack([points, points], axis=1)


@pytest.fixture
def engine(monkeypatch):
    """One face on every photo; fold k says (k + 1) / 10, all thresholds are 0.5; the new face has a red of 9."""
    made = SimpleNamespace(face=face(), red=9, embedded=[])

    def embedded(model, crops, *, recipe):
        made.embedded.append(len(crops))
        return embeddings(model, crops, recipe=recipe)

    scored = iter(np.arange(1, 100) / 10)
    modules = {
        "faces": SimpleNamespace(
            FaceFinder=lambda: SimpleNamespace(find=lambda image: made.face),
            align=lambda image, points: np.full((224, 224, 3), made.red, np.uint8),
        ),
        "predict": SimpleNamespace(
            load_fold=lambda recipe, path: None, score=lambda model, crops, *, recipe: np.array([next(scored)])
        ),
        "heatmaps": SimpleNamespace(
            heat_maps=lambda model, crops, *, recipe: SimpleNamespace(maps=np.full((len(crops), 56, 56), 50, np.uint8))
        ),
        "embedding": SimpleNamespace(embeddings=embedded),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"training.engine.{name}", module)
    monkeypatch.setattr("training.services.screen.refuse_lost_files", lambda ensemble: None)
    return made


@pytest.fixture
def submit(finished, investigator):
    """Send in a photo, and score it where asked."""

    def send(data=None, *, score=False, run=None, **more) -> NewPhoto:
        photo = services.submit_new_photo(run=run or finished, data=data or picture(), created_by=investigator, **more)
        if score:
            services.score_new_photo(pk=photo.pk)
            photo.refresh_from_db()
        return photo

    return send


@pytest.fixture
def imported(finished, investigator):
    """A later run on the same cohort of which only the scores came here."""
    run = TrainingRun.objects.create(
        cohort=finished.cohort,
        name="Imported scores",
        state=State.FINISHED,
        recipe=RECIPE,
        seed=0,
        created_by=investigator,
        finished_at=timezone.now(),
    )
    Fold.objects.create(run=run, index=0, state=State.FINISHED, threshold=0.5)
    return run
