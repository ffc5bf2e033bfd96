import csv
import io
import json

import pytest
from django.urls import reverse

from readerstudy.studies.models import Photo, Subject
from training import services, work
from training.engine.recipe import PRESETS
from training.models import State, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(prepared, fit):
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    prepared.refresh_from_db()
    assert prepared.state == State.FINISHED
    return prepared


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def doors(run):
    """(method, address) of everything in the room."""
    yield from [("get", reverse("training:list")), ("get", reverse("training:new"))]
    yield from [("get", reverse(f"training:{name}", args=[run.pk])) for name in ("run", "scores")]
    yield from [("post", reverse(f"training:{name}", args=[run.pk])) for name in ("cancel", "repeat")]
    yield from [("get", reverse("training_api:runs")), ("get", reverse("training_api:run", args=[run.pk]))]
    yield ("post", reverse("training_api:cancel", args=[run.pk]))


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("reader_user", 403), ("stranger", 404)])
def test_only_investigators_enter(client, request, make_run, who, status):
    run = make_run()
    client.force_login(request.getfixturevalue(who))
    answers = {path: getattr(client, method)(path).status_code for method, path in doors(run)}
    assert set(answers.values()) == {status}, answers
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_the_investigator_next_door_sees_nothing_of_this_cohort(client, make_run, neighbour):
    run = make_run(name="Secret run")
    client.force_login(neighbour.memberships.get(role="investigator").user)
    for method, path in doors(run):
        if str(run.pk) in path.split("/"):
            assert getattr(client, method)(path).status_code == 404, path
    assert b"Secret run" not in client.get(reverse("training:list")).content
    assert client.get(reverse("training_api:runs")).json()["results"] == []
    assert b"Cohort of Study" not in client.get(reverse("training:new")).content


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, make_run):
    for method, path in doors(make_run()):
        assert getattr(client, method)(path).status_code in (302, 401, 403), path


def test_reading_a_page_changes_nothing(as_investigator, make_run):
    run = make_run()
    for name in ("cancel", "repeat"):
        assert as_investigator.get(reverse(f"training:{name}", args=[run.pk])).status_code == 405
    assert TrainingRun.objects.count() == 1


def test_an_empty_list_says_what_to_do_next(as_investigator, cohort):
    page = as_investigator.get(reverse("training:list")).content.decode()
    assert "No run yet" in page
    assert reverse("training:new") in page


def test_a_run_is_made_from_the_form_with_single_choices_changed(as_investigator, cohort):
    form = {"cohort": cohort.pk, "name": "Try", "preset": "demo", "weights": "", "seed": "7", "epochs": "3",
            "learning_rate": "0.002", "flip": "no"}  # fmt: skip
    answer = as_investigator.post(reverse("training:new"), form)
    run = TrainingRun.objects.get()
    assert answer.url == reverse("training:run", args=[run.pk])
    assert (run.seed, run.recipe["epochs"], run.recipe["learning_rate"], run.recipe["flip"]) == (7, 3, 0.002, False)
    assert run.recipe["input_size"] == 64


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": "many"}, "epochs is &#x27;many&#x27;: write a number."),
        ({"epochs": "0"}, "epochs is 0"),
        ({"width": "9"}, "width is 9"),
        ({"name": ""}, "This field is required."),
        ({"preset": "magic"}, "Select a valid choice"),
        ({"weights": "../x.h5"}, "Select a valid choice"),
        ({"seed": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_form_that_cannot_be_trained_comes_back_with_the_reason(as_investigator, cohort, change, sentence):
    form = {"cohort": cohort.pk, "name": "Try", "preset": "smoke", "weights": "", "seed": "1"} | change
    answer = as_investigator.post(reverse("training:new"), form)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_every_choice_the_form_offers_is_one_the_recipe_has():
    from training.engine.checks import CHOICES
    from training.forms import ADVANCED, SELECTS, YES_NO

    assert set(ADVANCED) <= set(PRESETS["paper"].to_dict())
    for key, (_, choices) in SELECTS.items():
        if choices is not YES_NO:
            assert {value for value, _ in choices} - {""} == set(CHOICES[key])


def test_a_cohort_of_the_neighbours_cannot_be_chosen(as_investigator, cohort, neighbour):
    form = {"cohort": neighbour.cohort_id, "name": "Try", "preset": "smoke", "weights": "", "seed": "1"}
    assert as_investigator.post(reverse("training:new"), form).status_code == 400
    assert not TrainingRun.objects.exists()


def test_the_form_states_faces_and_duration_of_every_recipe(as_investigator, cohort):
    answer = as_investigator.get(reverse("training:new"))
    offer = answer.context["offers"][str(cohort.pk)]
    assert (offer["syndrome"], offer["control"]) == (10, 10)
    assert offer["times"]["smoke"] == "about 2 minutes"
    assert "random start" in answer.content.decode().lower()


def test_a_waiting_run_says_which_network_it_is_and_how_it_starts(as_investigator, make_run):
    page = as_investigator.get(reverse("training:run", args=[make_run().pk])).content.decode()
    assert "VGG-16 layout at 32 px, width 0.125" in page
    assert "not the paper&#x27;s full network" in page
    assert "random weights: nothing was learnt beforehand" in page
    assert "Waiting for a worker" in page


def test_a_finished_run_shows_every_fold_and_mean_with_sample_sd(as_investigator, finished):
    answer = as_investigator.get(reverse("training:run", args=[finished.pk]))
    auc = answer.context["metrics"][0]
    assert auc["values"] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9])
    assert auc["mean"] == pytest.approx(0.7)
    assert auc["sd"] == pytest.approx(0.158113883)  # divided by n - 1
    page = answer.content.decode()
    assert "0.700 ± 0.158" in page
    assert "test bench" in page


def test_a_run_whose_recipe_this_version_cannot_read_is_still_shown(as_investigator, finished):
    TrainingRun.objects.filter(pk=finished.pk).update(recipe=finished.recipe | {"of_tomorrow": 7})
    for path in (reverse("training:list"), reverse("training:run", args=[finished.pk])):
        assert "Made by another version of readerstudy" in as_investigator.get(path).content.decode()
    assert as_investigator.get(reverse("training:new")).status_code == 200
    assert as_investigator.get(reverse("training_api:runs")).status_code == 200


def test_a_failed_run_says_why(as_investigator, prepared):
    services.fail_run(run_id=prepared.pk, problem="Fold 1: the machine ran out of memory.")
    page = as_investigator.get(reverse("training:run", args=[prepared.pk])).content.decode()
    assert "Fold 1: the machine ran out of memory." in page


def test_cancel_and_repeat_from_the_page(as_investigator, make_run):
    run = make_run()
    as_investigator.post(reverse("training:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    answer = as_investigator.post(reverse("training:repeat", args=[run.pk]))
    again = TrainingRun.objects.get(seed=2)
    assert answer.url == reverse("training:run", args=[again.pk])


def test_a_repeat_of_what_cannot_be_trained_any_more_says_so(as_investigator, make_run, cohort):
    run = make_run()
    cohort.photos.update(status=Photo.Status.REVIEW)
    answer = as_investigator.post(reverse("training:repeat", args=[run.pk]), follow=True)
    assert "no photo ready for training" in answer.content.decode()


def test_the_scores_come_as_csv_without_truth_and_without_formulas(as_investigator, finished):
    subject = finished.predictions.first().photo.subject
    Subject.objects.filter(pk=subject.pk).update(code="=SUM(A1)")
    answer = as_investigator.get(reverse("training:scores", args=[finished.pk]))
    assert answer["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 20
    assert list(rows[0]) == ["subject", "photo", "fold", "score", "calibrated"]
    assert {row["fold"] for row in rows} == {"1", "2", "3", "4", "5"}
    assert "'=SUM(A1)" in {row["subject"] for row in rows}


def test_the_csv_holds_the_calibrated_score_beside_the_raw_one(as_investigator, finished):
    row, without = finished.predictions.select_related("photo")[:2]
    finished.predictions.filter(pk=row.pk).update(score=0.9, calibrated=0.75)
    finished.predictions.filter(pk=without.pk).update(score=0.2, calibrated=None)
    answer = as_investigator.get(reverse("training:scores", args=[finished.pk]))
    cells = {line["photo"]: line for line in csv.DictReader(io.StringIO(answer.content.decode()))}
    both = [(cells[str(p.photo.token)]["score"], cells[str(p.photo.token)]["calibrated"]) for p in (row, without)]
    assert both == [("0.9", "0.75"), ("0.2", "")]


def test_the_api_makes_follows_and_cancels_a_run(as_investigator, cohort):
    body = {"cohort": cohort.pk, "name": "By script", "preset": "smoke", "recipe": {"epochs": 2}}
    made = as_investigator.post(reverse("training_api:runs"), body, content_type="application/json")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert made.json()["recipe"]["epochs"] == 2
    services.prepare_run(run_id=pk)
    detail = as_investigator.get(reverse("training_api:run", args=[pk])).json()
    assert detail["progress"]["state"] == "running"
    assert [fold["epochs"] for fold in detail["progress"]["folds"]] == [2] * 5
    cancel = reverse("training_api:cancel", args=[pk])
    assert as_investigator.post(cancel).json()["state"] == "cancelled"
    assert as_investigator.post(cancel).status_code == 409
    assert as_investigator.get(reverse("training_api:runs"), {"state": "cancelled"}).json()["count"] == 1


def test_the_api_refuses_with_a_sentence(as_investigator, cohort, neighbour):
    def post(**body):
        body = {"cohort": cohort.pk, "name": "x", "preset": "smoke"} | body
        answer = as_investigator.post(reverse("training_api:runs"), json.dumps(body), content_type="application/json")
        return answer.status_code, json.dumps(answer.json())

    assert post(recipe={"magic": 1})[0] == 400
    assert "A recipe has no choice magic" in post(recipe={"magic": 1})[1]
    assert "epochs is 0" in post(recipe={"epochs": 0})[1]
    assert post(cohort=neighbour.cohort_id)[0] == 404
    assert post(weights_name="absent.h5")[0] == 400


def test_progress_counts_epochs_over_all_folds(prepared, fit):
    from training import selectors

    assert selectors.progress(prepared)["share"] == 0
    work.train_fold(fold_id=prepared.folds.first().pk)
    prepared.refresh_from_db()
    progress = selectors.progress(prepared)
    assert progress["share"] == pytest.approx(0.2)
    assert progress["folds"][0]["curves"]["val_auc"] == [0.5]
    assert progress["seconds_left"] == pytest.approx(0.4)


def test_finished_runs_are_those_of_the_cohort_alone(finished, make_run, neighbour):
    from training import selectors

    make_run()
    assert list(selectors.finished_runs(finished.cohort)) == [finished]
    assert not selectors.finished_runs(neighbour.cohort).exists()
