"""Trials through claim, training, loss, cancel and failure; and the search around them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from training import services, stores
from training.engine.recipe import PRESETS
from training.engine.results import Cancelled
from training.models import State
from training.search import create, ends, trials, work
from training.search.lease import directory_of, files_of
from training.search.models import SearchTrial

pytestmark = pytest.mark.django_db


def test_a_search_stores_every_trial_and_wakes_one_worker(
    make_search, sent, investigator, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        search = make_search()
    assert sent == [("training.start_search", (search.pk,))]
    assert {(trial.point, trial.fold) for trial in search.trials.all()} == {(p, f) for p in range(4) for f in range(5)}
    assert AuditEvent.objects.filter(action="search.created", target=f"search:{search.pk}").count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert create.start_search(search_id=search.pk) == 20
        assert create.start_search(search_id=search.pk) == 0
    assert sent[1:] == [
        ("training.train_trial", (pk,)) for pk in search.trials.order_by("fold", "point").values_list("pk", flat=True)
    ]


def test_the_folds_are_those_of_a_run_with_the_same_seed(search, investigator):
    run = services.create_run(cohort=search.cohort, name="Run", recipe=PRESETS["smoke"], created_by=investigator)
    services.prepare_run(run_id=run.pk)
    for fold, part in zip(run.folds.all(), search.parts, strict=True):
        assert (fold.train_photos, fold.validation_photos) == (part["train"], part["validation"])


def test_nothing_that_a_search_stores_names_a_test_photo_of_its_fold(search):
    everyone = set(search.cohort.photos.values_list("pk", flat=True))
    for part in search.parts:
        assert set(part) == {"train", "validation"}
        test = everyone - set(part["train"]) - set(part["validation"])
        assert len(test) == 4


def test_no_face_of_a_test_part_is_ever_read(search, validate, monkeypatch):
    """The planted error this would catch: a worker that loads the cohort and leaves the choosing to the engine."""
    read = []
    real = stores.write_faces

    def write_faces(path, photos, recipe):
        read.append([photo.pk for photo in photos])
        real(path, photos, recipe)

    monkeypatch.setattr(stores, "write_faces", write_faces)
    for trial in search.trials.filter(point=0):
        read.clear()
        assert work.train_trial(trial_id=trial.pk) == "finished"
        part = search.parts[trial.fold]
        assert sorted(read[0]) == sorted(part["train"] + part["validation"])
        given = validate.seen[-1]
        assert not given["crops"].flags.writeable  # mapped from a file that has no name any more
        assert not list(files_of(search.pk).rglob("*.npy"))
        assert len(given["crops"]) == len(given["has_syndrome"]) == len(given["diagnosis"]) == 16
        ids = [read[0][row] for row in given["validation"]]
        assert sorted(ids) == sorted(part["validation"])
        assert not set(given["train"].tolist()) & set(given["validation"].tolist())


def test_a_search_may_not_touch_a_held_out_score(search, validate, django_assert_num_queries):
    """Nothing in the search reads or writes the table of held-out scores."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        work.train_trial(trial_id=search.trials.first().pk)
    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "training_prediction" in query["sql"]]


def test_every_trial_trains_the_recipe_of_its_point(search, validate):
    for trial in search.trials.filter(fold=2):
        work.train_trial(trial_id=trial.pk)
    found = [(given["recipe"].learning_rate, given["recipe"].head, given["fold"]) for given in validate.seen]
    assert found == [(0.001, "gap", 2), (0.001, "paper", 2), (0.003, "gap", 2), (0.003, "paper", 2)]
    assert {given["recipe"].seed for given in validate.seen} == {1}


def test_the_last_trial_finishes_the_search_and_nothing_of_it_stays_on_disk(finished):
    assert finished.state == State.FINISHED
    assert finished.finished_at
    assert finished.versions == {"keras": "3", "machine": "test bench"}
    assert AuditEvent.objects.filter(action="search.finished", target=f"search:{finished.pk}").count() == 1
    assert not list(files_of(finished.pk).rglob("*.npz"))


def test_only_one_worker_gets_a_trial(search):
    pk = search.trials.first().pk
    assert trials.claim_trial(trial_id=pk, worker="a")
    assert trials.claim_trial(trial_id=pk, worker="b") is None
    assert work.train_trial(trial_id=pk) == "taken"


def test_a_worker_that_lost_its_trial_writes_nothing(search):
    trial = search.trials.first()
    old = trials.claim_trial(trial_id=trial.pk, worker="a")
    SearchTrial.objects.filter(pk=trial.pk).update(state=State.QUEUED)
    new = trials.claim_trial(trial_id=trial.pk, worker="b")
    result = {"val_auc": 0.5, "val_loss": 0.7, "best_epoch": 1, "epochs_run": 1, "seconds": 1.0}
    assert not trials.beat(old)
    assert not trials.save_epoch(old, epoch=1)
    assert not trials.store_result(old, **result)
    assert not trials.fail_trial(old, problem="late")
    assert trials.store_result(new, **result)


def test_a_lost_trial_goes_on_from_the_files_of_its_earlier_attempt(search, validate):
    trial = search.trials.first()
    lost = trials.claim_trial(trial_id=trial.pk, worker="killed")
    directory_of(lost).mkdir(parents=True)
    SearchTrial.objects.filter(pk=trial.pk).update(state=State.QUEUED)
    assert work.train_trial(trial_id=trial.pk) == "finished"
    assert validate.seen[0]["earlier"] == [directory_of(lost)]
    assert not directory_of(lost).exists()


def test_a_trial_that_left_this_workers_hands_keeps_its_checkpoint(search, validate):
    trial = search.trials.first()

    def lose(given):
        SearchTrial.objects.filter(pk=trial.pk).update(state=State.QUEUED)
        given["on_epoch"]({"epoch": 2})
        pytest.fail("trained on without the trial")

    validate.hook = lose
    assert work.train_trial(trial_id=trial.pk) == "stopped"
    assert list(files_of(search.pk).rglob("*.npz"))


def test_cancelling_stops_the_trials_and_clears_the_disk(
    search, validate, investigator, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("training.work.LOOK_SECONDS", 0.0)
    asked = []

    def cancel_meanwhile(given):
        asked.append(given["should_stop"]())
        with django_capture_on_commit_callbacks(execute=True):
            assert ends.cancel_search(search=search, by=investigator)
        asked.append(given["should_stop"]())
        raise Cancelled

    validate.hook = cancel_meanwhile
    assert work.train_trial(trial_id=search.trials.first().pk) == "stopped"
    assert asked == [False, True]
    search.refresh_from_db()
    assert search.state == State.CANCELLED
    assert set(search.trials.values_list("state", flat=True)) == {State.CANCELLED}
    assert not list(files_of(search.pk).rglob("*.npz"))
    assert not ends.cancel_search(search=search, by=investigator)


def test_a_recipe_that_cannot_be_trained_ends_the_search_with_its_name(search, validate):
    def explode(given):
        raise ValueError("the loss is not a number: lower the learning rate")

    validate.hook = explode
    assert work.train_trial(trial_id=search.trials.get(point=2, fold=1).pk) == "failed"
    search.refresh_from_db()
    assert search.problem == (
        "Recipe 3 (learning rate 0.003, head light (average pooling)), fold 2: the loss is not a number: lower the "
        "learning rate"
    )
    assert not search.trials.filter(state__in=[State.QUEUED, State.RUNNING]).exists()


def test_a_child_whose_consent_was_withdrawn_is_left_out(search, validate):
    part = search.parts[0]
    subject = search.cohort.photos.get(pk=part["train"][0]).subject
    subject.consent_withdrawn_at = timezone.now()
    subject.save()
    assert work.train_trial(trial_id=search.trials.get(point=0, fold=0).pk) == "finished"
    assert len(validate.seen[0]["crops"]) == 15


def test_a_silent_trial_is_sent_again_and_given_up_after_three_workers(
    search, sent, django_capture_on_commit_callbacks
):
    now = timezone.now()
    SearchTrial.objects.update(heartbeat_at=now)
    trial = search.trials.first()
    for attempt in (1, 2, 3):
        trials.claim_trial(trial_id=trial.pk, worker=f"w{attempt}")
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            services.requeue_stale(now=timezone.now() + timedelta(seconds=80))
        assert sent == []
        SearchTrial.objects.filter(pk=trial.pk).update(heartbeat_at=now - timedelta(seconds=100))
        with django_capture_on_commit_callbacks(execute=True):
            services.requeue_stale(now=now)
        assert sent == ([("training.train_trial", (trial.pk,))] if attempt < 3 else [])
    search.refresh_from_db()
    assert search.state == State.FAILED
    assert "lost 3 times in a row" in search.problem


def test_trials_whose_messages_were_lost_are_sent_again_once(search, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.requeue_stale()
        services.requeue_stale()
    assert sorted(sent) == sorted(("training.train_trial", (pk,)) for pk in search.trials.values_list("pk", flat=True))


def test_the_database_refuses_a_trial_finished_without_a_result(search):
    with pytest.raises(IntegrityError), transaction.atomic():
        SearchTrial.objects.filter(pk=search.trials.first().pk).update(state=State.FINISHED)
    with pytest.raises(IntegrityError), transaction.atomic():
        SearchTrial.objects.create(search=search, point=0, fold=0)


def test_what_cannot_be_searched_is_refused_at_once(make_search, cohort):
    from training.search.grid import read_axes

    with pytest.raises(Refused, match="Give the search a name"):
        make_search(name="  ")
    with pytest.raises(Refused, match="train_from is 'head'"):
        make_search(axes=read_axes([("train_from", ["all", "head"])]))
    cohort.photos.update(status="review")
    with pytest.raises(Refused, match="no photo ready"):
        make_search()


def test_a_run_is_made_from_the_chosen_recipe_and_remembers_it(finished, investigator, sent):
    run = create.make_run(search=finished, rule="best", created_by=investigator)
    assert (run.recipe["learning_rate"], run.recipe["head"], run.seed) == (0.001, "gap", 1)
    assert (run.chosen_by.search, run.chosen_by.point, run.chosen_by.rule) == (finished, 0, "best")
    assert AuditEvent.objects.filter(action="search.chosen", target=f"search:{finished.pk}").count() == 1
    services.prepare_run(run_id=run.pk)
    folds = [(fold.train_photos, fold.validation_photos) for fold in run.folds.all()]
    assert folds == [(part["train"], part["validation"]) for part in finished.parts]


def test_no_run_is_made_from_part_of_a_grid(search, investigator):
    with pytest.raises(Refused, match="once every trial"):
        create.make_run(search=search, rule="best", created_by=investigator)


def test_an_unknown_rule_makes_no_run(finished, investigator):
    with pytest.raises(Refused, match="no rule 'luck'"):
        create.make_run(search=finished, rule="luck", created_by=investigator)


def test_the_cheaper_recipe_within_one_standard_error_is_the_other_rules_choice(make_search, validate, investigator):
    from training.search.grid import read_axes

    search = make_search(axes=read_axes([("epochs", ["4", "2"])]))
    validate.loss = lambda recipe, fold: 0.5 + fold / 10 - recipe.epochs / 1000
    for trial in search.trials.all():
        work.train_trial(trial_id=trial.pk)
    search.refresh_from_db()
    best = create.make_run(search=search, rule="best", created_by=investigator)
    cheap = create.make_run(search=search, rule="one_se", created_by=investigator)
    assert (best.recipe["epochs"], cheap.recipe["epochs"]) == (4, 2)


def test_the_messages_reach_the_trainers_and_are_understood(search, validate):
    from readerstudy.celery import app
    from training import tasks

    assert app.amqp.router.route({}, "training.train_trial")["queue"].name == "train"
    assert app.amqp.router.route({}, "training.start_search").get("queue", app.amqp.queues["work"]).name == "work"
    tasks.start_search(search.pk)
    assert not search.trials.filter(heartbeat_at__isnull=True).exists()
    tasks.train_trial(search.trials.first().pk)
    assert search.trials.first().state == State.FINISHED
