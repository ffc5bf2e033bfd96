"""A network, then the machine on its embedding, with the real engine: nothing stands in for anything."""

import numpy as np
import pytest
from django.core.management import call_command

from readerstudy.studies.models import Subject
from tests.training.app.test_training_real import paint_classes
from training import selectors
from training.models import State, TrainingRun
from training.syndromes import syndrome_ranking

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_machine_on_a_trained_embedding_and_the_syndromes_it_ranks(cohort):
    paint_classes(cohort)
    for number, subject in enumerate(cohort.subjects.filter(has_syndrome=True).order_by("code")):
        Subject.objects.filter(pk=subject.pk).update(diagnosis=["Noonan", "Down"][number % 2])
    choices = ["epochs=4", "learning_rate=0.002", "folds=3", "batch_size=8", "heat_maps=none"]
    call_command("train", cohort=cohort.name, recipe="smoke", inline=True, set=choices, name="network")
    network = TrainingRun.objects.get(name="network")
    call_command("train", cohort=cohort.name, recipe="embedding-svm", source=network.pk, inline=True, name="machine")
    machine = TrainingRun.objects.get(name="machine")
    assert machine.state == State.FINISHED
    assert selectors.mean_auc(machine)["mean"] > 0.9
    ranked = [
        list(run.predictions.order_by("photo_id").values_list("syndromes", flat=True)) for run in (network, machine)
    ]
    assert ranked[0] == ranked[1], "the same networks' neighbours, asked by two ways"
    assert {name for names in ranked[0] for name in names} == {"Noonan", "Down"}
    for run in (network, machine):
        assert syndrome_ranking(run).total.hits[1] == syndrome_ranking(run).total.called > 0
    scores = [np.array(list(run.predictions.values_list("score", flat=True))) for run in (network, machine)]
    assert np.isfinite(scores).all()
