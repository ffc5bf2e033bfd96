import pytest
from django.urls import reverse

from training.models import State, TrainingRun
from training.search.models import Search

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def doors(search):
    yield ("get", reverse("training_api:searches"))
    yield ("get", reverse("training_api:search", args=[search.pk]))
    yield from [("post", reverse(f"training_api:{name}", args=[search.pk])) for name in ("cancel_search", "run_search")]


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("reader_user", 403), ("stranger", 404)])
def test_only_investigators_enter(client, request, search, who, status):
    client.force_login(request.getfixturevalue(who))
    assert {getattr(client, method)(path).status_code for method, path in doors(search)} == {status}
    search.refresh_from_db()
    assert search.state == State.RUNNING


def test_the_investigator_next_door_finds_nothing(client, search, neighbour):
    client.force_login(neighbour.memberships.get(role="investigator").user)
    assert client.get(reverse("training_api:searches")).json()["results"] == []
    for method, path in doors(search):
        if str(search.pk) in path.split("/"):
            assert getattr(client, method)(path).status_code == 404
    wanted = {"cohort": search.cohort_id, "name": "Try", "preset": "smoke", "axes": {"epochs": [1, 2]}}
    assert client.post(reverse("training_api:searches"), wanted, **JSON).status_code == 404


def test_a_grid_is_declared_and_refused_in_words(client, cohort, investigator):
    client.force_login(investigator)
    wanted = {"cohort": cohort.pk, "name": "Try", "preset": "smoke", "axes": {"epochs": [1, 2], "head": ["gap"]}}
    answer = client.post(reverse("training_api:searches"), wanted, **JSON)
    assert answer.status_code == 201
    assert Search.objects.get(pk=answer.json()["id"]).trials.count() == 10
    for change, sentence in (
        ({"axes": {"seed": [1, 2]}}, "seed cannot be searched"),
        ({"axes": {"epochs": [1]}}, "at least two values"),
        ({"axes": {"epochs": [[1], 2]}}, "write single numbers or words"),
        ({"preset": "magic"}, "no recipe 'magic'"),
    ):
        answer = client.post(reverse("training_api:searches"), wanted | change, **JSON)
        assert answer.status_code == 400
        assert sentence in answer.json()["detail"]
    assert Search.objects.count() == 1


def test_a_finished_search_gives_every_result_and_makes_the_run(client, finished, investigator):
    client.force_login(investigator)
    told = client.get(reverse("training_api:search", args=[finished.pk])).json()
    assert told["measure"] == "val_loss"
    assert told["recipes"][0]["changes"] == {"learning_rate": 0.001, "head": "gap"}
    assert told["recipes"][0]["folds"] == pytest.approx([0.501, 0.511, 0.521, 0.531, 0.541])
    assert told["chosen"][0]["point"] == 0
    answer = client.post(reverse("training_api:run_search", args=[finished.pk]), {"rule": "one_se"}, **JSON)
    assert answer.status_code == 201
    assert TrainingRun.objects.get(pk=answer.json()["run"]).chosen_by.rule == "one_se"


def test_what_runs_is_cancelled_once_and_makes_no_run(client, search, investigator):
    client.force_login(investigator)
    assert client.post(reverse("training_api:run_search", args=[search.pk]), {}, **JSON).status_code == 400
    assert client.post(reverse("training_api:cancel_search", args=[search.pk])).json()["state"] == "cancelled"
    assert client.post(reverse("training_api:cancel_search", args=[search.pk])).status_code == 409
