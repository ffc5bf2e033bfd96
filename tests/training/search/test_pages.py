import pytest
from django.urls import reverse

from training.models import State, TrainingRun
from training.search import ends, trials, work
from training.search.models import Search

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def doors(search):
    """(method, address) of everything in the room."""
    yield from [("get", reverse("training:searches")), ("get", reverse("training:new_search"))]
    yield ("get", reverse("training:search", args=[search.pk]))
    yield from [("post", reverse(f"training:{name}", args=[search.pk])) for name in ("cancel_search", "run_of_search")]


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("reader_user", 403), ("stranger", 404)])
def test_only_investigators_enter(client, request, search, who, status):
    client.force_login(request.getfixturevalue(who))
    answers = {path: getattr(client, method)(path).status_code for method, path in doors(search)}
    assert set(answers.values()) == {status}, answers
    search.refresh_from_db()
    assert search.state == State.RUNNING


def test_the_investigator_next_door_sees_nothing_of_this_cohort(client, make_search, neighbour):
    search = make_search(name="Secret search")
    client.force_login(neighbour.memberships.get(role="investigator").user)
    for method, path in doors(search):
        if str(search.pk) in path.split("/"):
            assert getattr(client, method)(path).status_code == 404, path
    assert b"Secret search" not in client.get(reverse("training:searches")).content
    assert b"Cohort of Study" not in client.get(reverse("training:new_search")).content


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, search):
    for method, path in doors(search):
        assert getattr(client, method)(path).status_code == 302, path


def test_reading_a_page_changes_nothing(as_investigator, finished):
    for name in ("cancel_search", "run_of_search"):
        assert as_investigator.get(reverse(f"training:{name}", args=[finished.pk])).status_code == 405
    assert not TrainingRun.objects.exists()


def form(cohort, **changes):
    return {"cohort": cohort.pk, "name": "Try", "preset": "smoke", "weights": "", "seed": "7",
            "try_learning_rate": ["0.001", "0.003"], "try_augmentation": ["none", "paper"]} | changes  # fmt: skip


def test_a_search_is_made_from_the_form(as_investigator, cohort):
    answer = as_investigator.post(reverse("training:new_search"), form(cohort))
    search = Search.objects.get()
    assert answer.url == reverse("training:search", args=[search.pk])
    assert search.axes == [["learning_rate", [0.001, 0.003]], ["augmentation", ["none", "paper"]]]
    assert (search.seed, search.recipe["name"], search.trials.count()) == (7, "smoke", 20)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"try_learning_rate": ["0.001"], "try_augmentation": []}, "at least two values"),
        ({"try_learning_rate": ["0.5"]}, "Select a valid choice"),
        ({"preset": "magic"}, "Select a valid choice"),
        ({"try_train_from": ["all", "head"]}, "freezing layers of a random start cannot learn"),
        ({"try_epochs": ["10", "20", "30", "40", "60", "80"], "try_dropout": ["0.0", "0.25"]}, "48 recipes: at most"),
    ],
)
def test_a_form_that_makes_no_search_comes_back_with_the_reason(as_investigator, cohort, change, sentence):
    answer = as_investigator.post(reverse("training:new_search"), form(cohort, **change))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Search.objects.exists()


def test_a_cohort_of_the_neighbours_cannot_be_chosen(as_investigator, cohort, neighbour):
    answer = as_investigator.post(reverse("training:new_search"), form(neighbour.cohort))
    assert answer.status_code == 400
    assert not Search.objects.exists()


def page_of(client, search):
    answer = client.get(reverse("training:search", args=[search.pk]))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return answer.content.decode()


def test_a_waiting_search_is_followed_and_shows_its_grid(as_investigator, search):
    page = page_of(as_investigator, search)
    assert "data-follow" in page
    assert "waiting for a worker" in page
    assert page.count('<th scope="row"') == 4
    assert "0 of 20 trainings done" in page
    assert "Make a run" not in page


def test_a_running_search_shows_what_is_trained(as_investigator, search, validate):
    work.train_trial(trial_id=search.trials.get(point=1, fold=0).pk)
    trials.claim_trial(trial_id=search.trials.get(point=1, fold=1).pk, worker="w")
    page = page_of(as_investigator, search)
    assert "1 of 20 trainings done, 1 under way" in page
    assert "0.501" in page
    assert "Make a run" not in page


def test_a_finished_search_shows_best_first_and_says_how_far_to_trust_it(as_investigator, finished):
    page = page_of(as_investigator, finished)
    assert "data-follow" not in page
    numbers = [part.split("</th>")[0] for part in page.split('<th scope="row" class="number">')[1:]]
    assert numbers == ["1", "2", "3", "4"]
    assert "These figures flatter the winner." in page
    assert "Only the held-out scores of the run made from it count." in page
    assert page.count("Make a run from this recipe") == 1
    assert "best mean; also the cheapest" in page


def test_the_button_makes_the_run_and_both_pages_point_at_each_other(as_investigator, finished):
    answer = as_investigator.post(reverse("training:run_of_search", args=[finished.pk]), {"rule": "best"})
    run = TrainingRun.objects.get()
    assert answer.url == reverse("training:run", args=[run.pk])
    page = as_investigator.get(answer.url).content.decode()
    assert "on validation folds: recipe 1, the best mean" in page
    assert reverse("training:search", args=[finished.pk]) in page
    assert reverse("training:run", args=[run.pk]) in page_of(as_investigator, finished)


def test_a_run_of_its_own_names_no_search(as_investigator, cohort, investigator):
    from training import services
    from training.engine.recipe import PRESETS

    run = services.create_run(cohort=cohort, name="Own", recipe=PRESETS["smoke"], created_by=investigator)
    assert (
        "on validation folds: recipe"
        not in as_investigator.get(reverse("training:run", args=[run.pk])).content.decode()
    )


def test_an_unknown_rule_is_answered_on_the_page(as_investigator, finished):
    answer = as_investigator.post(
        reverse("training:run_of_search", args=[finished.pk]), {"rule": "<b>luck"}, follow=True
    )
    assert "There is no rule &#x27;&lt;b&gt;luck&#x27;" in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_a_search_is_cancelled_from_its_page(as_investigator, search):
    answer = as_investigator.post(reverse("training:cancel_search", args=[search.pk]), follow=True)
    assert "nothing is chosen from part of a grid" in answer.content.decode()
    again = as_investigator.post(reverse("training:cancel_search", args=[search.pk]), follow=True)
    assert "already come to its end" in again.content.decode()


def test_a_failed_search_says_why(as_investigator, search):
    ends.fail_search(search_id=search.pk, problem="Recipe 1: the machine ran out of memory.")
    assert "Recipe 1: the machine ran out of memory." in page_of(as_investigator, search)


def test_a_search_of_another_version_is_still_shown(as_investigator, finished):
    Search.objects.filter(pk=finished.pk).update(recipe=finished.recipe | {"gone": 1})
    page = page_of(as_investigator, finished)
    assert "gone" in page
    assert "Make a run" not in page


def test_the_page_asks_the_database_no_more_for_a_larger_grid(
    as_investigator, make_search, django_assert_max_num_queries
):
    from training.search.grid import read_axes

    search = make_search(axes=read_axes([("epochs", list(range(1, 37)))]))
    with django_assert_max_num_queries(12):
        page_of(as_investigator, search)


def test_the_list_counts_trainings(as_investigator, finished):
    page = as_investigator.get(reverse("training:searches")).content.decode()
    assert "20 of 20" in page


def test_an_empty_list_says_what_to_do_next(as_investigator, cohort):
    page = as_investigator.get(reverse("training:searches")).content.decode()
    assert "No search yet" in page
    assert reverse("training:new_search") in page
