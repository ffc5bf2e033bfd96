import pytest
from django.utils import timezone

from training.engine.recipe import PRESETS
from training.estimate import estimate, in_words, measured_pace, per_epoch
from training.models import Fold, State

pytestmark = pytest.mark.django_db


def test_the_full_network_takes_longer_than_the_small_one_and_more_faces_longer_than_few():
    seconds = {name: estimate(recipe, photos=456).seconds for name, recipe in PRESETS.items()}
    assert seconds["smoke"] < seconds["demo"] < seconds["paper"]
    assert estimate(PRESETS["demo"], photos=912).seconds > seconds["demo"]


def test_the_pace_is_that_of_the_last_fold_trained_here_without_its_first_epoch(prepared):
    assert measured_pace() is None
    fold = prepared.folds.first()
    history = [{"epoch": 1, "seconds": 60.0}, {"epoch": 2, "seconds": 2.0}, {"epoch": 3, "seconds": 2.0}]
    Fold.objects.filter(pk=fold.pk).update(state=State.FINISHED, history=history, finished_at=timezone.now())
    assert measured_pace() == pytest.approx(per_epoch(PRESETS["smoke"], 20) / 2.0)
    told = estimate(PRESETS["smoke"], photos=20, pace=measured_pace())
    assert told.is_measured
    assert told.seconds == pytest.approx(5 * (20 + 2))


def test_durations_are_said_as_people_say_them():
    said = [in_words(seconds) for seconds in (10, 60, 300, 20_000, 400_000)]
    assert said == ["under a minute", "about 1 minute", "about 5 minutes", "about 6 hours", "about 5 days"]
