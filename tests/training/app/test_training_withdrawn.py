"""Consent is withdrawn: nothing that shows the child is left on disk, and what was called and scored stays."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from readerstudy.reading.models import Call
from readerstudy.studies.models import Aid
from readerstudy.studies.services.cohorts import withdraw_consent
from tests.screening.app.paperlike import read_all
from training import services
from training.models import State, TrainingRun
from training.weights import files_of

pytestmark = pytest.mark.django_db(transaction=True)


def pictures_of(photo, tmp_path: Path) -> list[str]:
    """Files below the media folder that are named after this photo."""
    return sorted(path.name for path in (tmp_path / "media").rglob("*") if str(photo.token) in path.name)


def test_every_picture_of_the_child_goes_with_the_request_or_its_task(
    prepared, investigator, coordinator, sent, tmp_path
):
    photo = prepared.cohort.photos.order_by("id").first()
    study = prepared.cohort.studies.get()
    case = study.cases.get(photo=photo)
    read_all(study.readers.get(), [(case, True)])
    aid = Aid(case=case, probability=0.5, label="Run", made_by=investigator)
    aid.heat_map.save(f"aid-{photo.token}.png", ContentFile(b"map"))
    prediction = prepared.predictions.get(photo=photo)
    prediction.score = 0.7
    prediction.heat_map.save(f"heat-{photo.token}.png", ContentFile(b"map"))
    TrainingRun.objects.filter(pk=prepared.pk).update(state=State.RUNNING)
    store = files_of(prepared.pk) / "faces-0123456789abcdef.npy"
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_bytes(b"faces")
    assert len(pictures_of(photo, tmp_path)) == 5  # photo, crop, rendition and two maps
    sent.clear()

    withdraw_consent(subject=photo.subject, by=coordinator)

    assert pictures_of(photo, tmp_path) == [f"heat-{photo.token}.png"]
    assert ("training.requeue_stale", ()) in sent
    swept = services.requeue_stale()
    assert (swept["dropped heat maps"], swept["dropped picture stores"]) == (1, 1)
    assert pictures_of(photo, tmp_path) == []
    assert not store.exists()
    prediction.refresh_from_db()
    assert (prediction.score, prediction.heat_map.name) == (0.7, "")
    assert Call.objects.filter(trial__case=case).count() == 1
