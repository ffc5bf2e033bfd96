"""The demo is the product itself, played by a program: every step through the services, and twice the same."""

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils.translation import override

from readerstudy.reading.models import Call, Exposure
from readerstudy.said import said
from readerstudy.studies.models import Cohort, Reader, Study
from readerstudy.studies.services.cohorts import create_cohort
from screening.demo import COHORT, PHYSICIANS, SHORT, STUDY, Demo, how_far, in_every_language, simulated_user
from screening.models import Comparison
from training.models import Fold, Prediction, State, TrainingRun


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


@pytest.mark.django_db
def test_what_it_names_is_in_the_language_of_the_site_and_found_again_in_another():
    with override("zh-hans"):
        demo = Demo(say=print, n=24)
        cohort = create_cohort(name=str(COHORT), kind=Cohort.Kind.PHANTOM, created_by=demo.coordinator, description="")
        study = demo._study(cohort, STUDY)
        assert (cohort.name, study.name) == ("合成面孔队列", "合成面孔阅片研究")
        assert (demo.coordinator.name, simulated_user(0).name) == ("演示协调员", "模拟医师 1")
    assert demo._study(cohort, STUDY) == study
    assert in_every_language(STUDY) == ["Phantom reader study", "合成面孔阅片研究"]


@pytest.mark.django_db
def test_how_far_it_is_stands_on_every_page_in_the_readers_language(client, settings, tmp_path):
    settings.DATA_DIR, settings.DEMO, settings.DEBUG = tmp_path, True, True
    told = how_far([Fold(index=0, state=State.FINISHED), Fold(index=1, state=State.RUNNING, epoch=3, epochs=80)])
    assert told == "training: 1 of 2 folds done; fold 2, epoch 3 of 80"
    (tmp_path / "demo-progress.txt").write_text(told)
    assert f"Now: {told}." in client.get("/accounts/demo/").content.decode()
    page = client.get("/accounts/demo/", headers={"accept-language": "zh-CN"}).content.decode()
    with override("zh-hans"):
        assert said(told) == "训练：2 折中已完成 1 折；第 2 折，第 3 / 80 轮"
        assert said(told) in page


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
