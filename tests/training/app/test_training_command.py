import pytest
from django.core.management import CommandError, call_command

from training.models import State, TrainingRun

pytestmark = pytest.mark.django_db


def test_inline_training_prints_every_epoch_and_the_result(cohort, fit, capsys, sent):
    call_command("train", cohort=cohort.name, recipe="smoke", inline=True, set=["epochs=2"], seed=4)
    run = TrainingRun.objects.get()
    out = capsys.readouterr().out
    assert (run.state, run.seed, run.recipe["epochs"]) == (State.FINISHED, 4, 2)
    assert "fold 5  epoch 1/2  loss 0.700" in out
    assert "AUC          0.700 ± 0.158 over 5 folds" in out
    assert "Random start." in out
    assert run.created_by.name == "Ines Investigator"
    assert sent == []


def test_a_run_that_fails_makes_the_command_fail_with_its_reason(cohort, fit):
    def explode(given):
        raise ValueError("no luck")

    fit.hook = explode
    with pytest.raises(CommandError, match="Fold 1: no luck"):
        call_command("train", cohort=cohort.name, recipe="smoke", inline=True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cohort": "Nowhere"}, "There is no cohort 'Nowhere'. Cohorts: Cohort of Study"),
        ({"set": ["epochs"]}, "write key=value"),
        ({"set": ["epochs=zero"]}, "epochs is 'zero'"),
        ({"owner": "nobody@example.org"}, "There is no user"),
        ({"weights": "absent.h5"}, "no weights file"),
    ],
)
def test_it_refuses_with_a_sentence(cohort, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("train", **({"cohort": cohort.name, "recipe": "smoke"} | options))
    assert not TrainingRun.objects.exists()


def test_without_following_it_queues_and_returns(cohort, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        call_command("train", cohort=cohort.name, recipe="smoke", no_follow=True)
    assert sent == [("training.prepare", (TrainingRun.objects.get().pk,))]
