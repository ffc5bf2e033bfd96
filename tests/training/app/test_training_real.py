"""The whole way in one process with the real engine: nothing stands in for anything."""

import io

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image

from readerstudy.studies.models import Photo
from training import selectors
from training.models import State, TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def paint_classes(cohort) -> None:
    """Crops that a network can tell apart: bright upper half with a syndrome, bright lower half without."""
    draw = np.random.default_rng(1)
    for photo in Photo.objects.filter(cohort=cohort).select_related("subject", "face"):
        crop = draw.integers(0, 90, (224, 224, 3), dtype=np.uint8)
        half = slice(0, 112) if photo.subject.has_syndrome else slice(112, 224)
        crop[half] += 140
        data = io.BytesIO()
        Image.fromarray(crop).save(data, "PNG")
        photo.face.crop.save("crop.png", ContentFile(data.getvalue()))


def test_a_small_run_learns_a_plain_difference_and_can_be_repeated_exactly(cohort, data_dir, capsys):
    paint_classes(cohort)
    choices = ["epochs=8", "learning_rate=0.002", "folds=3", "patience=0", "batch_size=8"]
    for name in ("first", "again"):
        call_command("train", cohort=cohort.name, recipe="smoke", inline=True, set=choices, name=name)
    first, again = TrainingRun.objects.order_by("id")
    assert first.state == again.state == State.FINISHED
    scores = [list(run.predictions.order_by("photo_id").values_list("score", flat=True)) for run in (first, again)]
    assert None not in scores[0]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)
    auc = selectors.metric_rows(first)[0]
    assert auc["n"] == 3
    assert auc["mean"] > 0.9
    for fold in first.folds.all():
        assert (data_dir / fold.weights).is_file()
        assert [entry["epoch"] for entry in fold.history] == list(range(1, 9))
        assert fold.metrics["tp"] + fold.metrics["fn"] + fold.metrics["fp"] + fold.metrics["tn"] in (6, 7)
    assert first.versions["keras"]
    assert "fold 3  epoch 8/8" in capsys.readouterr().out
