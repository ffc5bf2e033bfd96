import io

import pytest
from django.core.management import CommandError, call_command

from training.models import TrainingRun
from training.search.models import Search

pytestmark = pytest.mark.django_db


def run(cohort, *arguments):
    out = io.StringIO()
    call_command("search", "--cohort", cohort.name, "--recipe", "smoke", *arguments, stdout=out)
    return out.getvalue()


def test_a_search_is_trained_here_and_its_choice_made_a_run(cohort, validate):
    said = run(cohort, "--try", "learning_rate=0.001,0.003", "--inline", "--make-run", "best")
    assert "Recipe 2 (learning rate 0.003), fold 5: finished, AUC" in said
    assert "The best mean; also the cheapest within one standard error of the best mean: learning rate 0.001" in said
    assert "only held-out scores of a run made from it count" in said
    assert TrainingRun.objects.get().chosen_by.search == Search.objects.get()


def test_a_search_can_be_left_to_the_workers(cohort, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run(cohort, "--try", "epochs=1,2", "--set", "dropout=0.2", "--seed", "9", "--no-follow")
    search = Search.objects.get()
    assert sent == [("training.start_search", (search.pk,))]
    assert (search.name, search.seed, search.recipe["dropout"]) == ("epochs", 9, 0.2)
    assert search.created_by.name == "Ines Investigator"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--try", "epochs"], "write key=value"),
        (["--try", "epochs=1"], "at least two values"),
        (["--try", "seed=1,2"], "seed cannot be searched"),
        (["--try", "magic=1,2"], "no choice magic"),
        (["--try", "epochs=1,2", "--set", "dropout=5"], "dropout is 5.0"),
        (["--try", "epochs=1,2", "--owner", "nobody@example.org"], "no user"),
    ],
)
def test_what_cannot_be_searched_is_said_in_one_sentence(cohort, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(cohort, *arguments)
    assert not Search.objects.exists()


def test_a_cohort_that_is_not_there_is_answered_with_those_that_are(cohort):
    with pytest.raises(CommandError, match=cohort.name):
        call_command("search", "--cohort", "elsewhere", "--try", "epochs=1,2")


def test_a_failed_search_ends_the_command_with_its_reason(cohort, validate):
    def explode(given):
        raise ValueError("lower the learning rate")

    validate.hook = explode
    with pytest.raises(CommandError, match="lower the learning rate"):
        run(cohort, "--try", "epochs=1,2", "--inline")
