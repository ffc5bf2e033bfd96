"""The demo is the product itself, played by a program: every step through the services, and twice the same."""

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from readerstudy.reading.models import Call, Exposure
from readerstudy.studies.models import Reader, Study
from screening.demo import PHYSICIANS, SHORT, STUDY, Demo
from screening.models import Comparison
from training.models import Prediction, TrainingRun


@pytest.fixture
def worker(monkeypatch, settings, tmp_path):
    """Messages are worked off at once, in this process, by the real tasks."""
    settings.DATA_DIR = tmp_path
    current_app.loader.import_default_modules()
    monkeypatch.setattr("readerstudy.queue._publish", lambda name, args: current_app.tasks[name](*args))


@pytest.mark.django_db
def test_it_is_refused_outside_demo_mode(settings):
    settings.DEMO, settings.DEBUG = True, False
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("demo")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_plays_to_the_end_and_a_second_start_adds_nothing(worker):
    told: list[str] = []
    comparison = Demo(say=told.append, n=24, seed=5, recipe="smoke").play()
    study = Study.objects.get(name=STUDY)
    assert study.status == Study.Status.CLOSED
    assert [reader.code for reader in study.readers.all()] == [physician.code for physician in PHYSICIANS]
    assert all(reader.is_simulated for reader in study.readers.all())
    assert Call.objects.count() == Exposure.objects.count() == 24 * len(PHYSICIANS)
    assert Prediction.objects.filter(score__isnull=False).count() == 24
    assert not Reader.objects.get(study__name=SHORT).is_simulated
    assert "simulated" in str(comparison.result)

    again = Demo(say=told.append, n=24, seed=5, recipe="smoke").play()
    assert again == comparison
    assert (Study.objects.count(), TrainingRun.objects.count(), Comparison.objects.count()) == (2, 1, 1)
    assert Call.objects.count() == 24 * len(PHYSICIANS)
