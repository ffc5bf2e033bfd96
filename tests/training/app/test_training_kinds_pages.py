"""Choosing another model for a new run, and what its pages say."""

import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from training import services, work
from training.engine.classical_recipe import CLASSICAL
from training.models import Kind, NewPhoto, Prediction, State, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machine(monkeypatch) -> None:
    """Asking the machine for its GPUs would load TensorFlow, which none of these models needs."""
    monkeypatch.setitem(sys.modules, "training.engine.machine", SimpleNamespace(versions=lambda: {"scikit-learn": "1"}))


@pytest.fixture
def network(prepared, fit):
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    TrainingRun.objects.filter(pk=prepared.pk).update(name="Network")
    return TrainingRun.objects.get(pk=prepared.pk)


@pytest.fixture
def geometry(make_run, cohort, network):
    """A finished run on landmarks with the network's folds; no two faces have the same."""
    for number, photo in enumerate(cohort.photos.select_related("face")):
        photo.face.landmarks[2][0] += number % 7
        photo.face.save()
    run = make_run(name="Geometry", recipe=CLASSICAL["landmarks"], source=network)
    services.prepare_run(run_id=run.pk)
    for fold in run.folds.all():
        work.train_fold(fold_id=fold.pk)
    run.refresh_from_db()
    assert run.state == State.FINISHED
    return run


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def form(cohort, **changes):
    return {
        "cohort": cohort.pk,
        "name": "Try",
        "preset": "landmarks",
        "weights": "",
        "seed": "3",
        "source": "",
    } | changes


def test_the_form_makes_a_run_of_every_kind(as_investigator, cohort, network):
    for kind in CLASSICAL:
        answer = as_investigator.post(reverse("training:new"), form(cohort, preset=kind, source=network.pk))
        run = TrainingRun.objects.latest("id")
        assert answer.url == reverse("training:run", args=[run.pk])
        assert (run.kind, run.source, run.seed, run.weights_sha256) == (kind, network, 3, "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"preset": "embedding-svm"}, "Choose the finished run whose networks give the embedding."),
        ({"epochs": "3"}, "A recipe has no choice epochs: it knows name, kind,"),
        ({"source": "999"}, "Select a valid choice"),
    ],
)
def test_a_choice_that_does_not_fit_comes_back_with_the_reason(as_investigator, cohort, changes, sentence):
    answer = as_investigator.post(reverse("training:new"), form(cohort, **changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_the_run_next_door_cannot_be_a_source(as_investigator, cohort, neighbour, network):
    TrainingRun.objects.filter(pk=network.pk).update(cohort=neighbour.cohort_id)
    answer = as_investigator.post(reverse("training:new"), form(cohort, source=network.pk))
    assert answer.status_code == 400
    assert as_investigator.get(reverse("training:new"), {"source": network.pk}).status_code == 404
    values = {"cohort": cohort.pk, "name": "x", "preset": "landmarks", "source": network.pk}
    assert as_investigator.post(reverse("training_api:runs"), values, "application/json").status_code == 404


def test_a_finished_run_offers_another_model_on_its_folds(as_investigator, network):
    page = as_investigator.get(reverse("training:run", args=[network.pk])).content.decode()
    link = f"{reverse('training:new')}?source={network.pk}"
    assert link in page
    values = as_investigator.get(link).context["form"]
    assert (values["preset"].value(), values["source"].value()) == (Kind.EMBEDDING_SVM, network.pk)


def test_its_page_names_the_model_and_the_run_whose_folds_it_has(as_investigator, geometry, network):
    page = as_investigator.get(reverse("training:run", args=[geometry.pk])).content.decode()
    assert "Logistic regression on the geometry of five landmarks" in page
    assert f'<a href="{reverse("training:run", args=[network.pk])}">Network</a>' in page
    assert "random weights" not in page
    assert "Try one new photo" not in page
    faces = as_investigator.get(reverse("training:faces", args=[geometry.pk]))
    assert faces.status_code == 200
    assert as_investigator.get(reverse("training:scores", args=[geometry.pk])).status_code == 200
    assert "Geometry" in as_investigator.get(reverse("training:list")).content.decode()


def test_a_new_photo_is_for_networks(as_investigator, geometry, network):
    page = as_investigator.get(reverse("screening:screen"))
    assert list(page.context["form"].fields["run"].queryset) == [network]
    assert not NewPhoto.objects.exists()


def test_the_api_makes_a_run_of_another_kind_and_says_so(as_investigator, cohort, network):
    values = {"cohort": cohort.pk, "name": "x", "preset": "gabor-linear", "source": network.pk, "recipe": {"seed": 5}}
    answer = as_investigator.post(reverse("training_api:runs"), values, "application/json")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["kind"], made["source"], made["recipe"]["seed"]) == ("gabor-linear", network.pk, 5)


def test_the_ranked_syndromes_stand_on_the_page_beside_what_frequency_alone_would_give(as_investigator, network):
    subjects = network.cohort.subjects.filter(has_syndrome=True).order_by("code")
    for number, subject in enumerate(subjects):
        subject.diagnosis = ["Noonan", "Down"][number % 2]
        subject.save()
    Prediction.objects.filter(run=network).update(syndromes=["Down", "Noonan"])
    page = as_investigator.get(reverse("training:run", args=[network.pk])).content.decode()
    assert "Nearest neighbours in the embedding" in page
    assert "The 10 controls called GS would get such a list as well" in page
    assert "By frequency alone" in page


def test_without_ranked_syndromes_the_page_says_nothing_of_them(as_investigator, network):
    assert "Nearest neighbours" not in as_investigator.get(reverse("training:run", args=[network.pk])).content.decode()


def test_the_command_trains_another_kind_on_the_folds_of_a_run(cohort, geometry, network, capsys):
    call_command("train", cohort=cohort.name, recipe="landmarks", source=network.pk, inline=True, name="From here")
    run = TrainingRun.objects.get(name="From here")
    assert (run.state, run.kind, run.source) == (State.FINISHED, Kind.LANDMARKS, network)
    told = capsys.readouterr().out
    assert "Random start" not in told
    assert "AUC" in told


def test_the_command_names_a_run_that_is_not_there(cohort, db):
    with pytest.raises(CommandError, match="There is no run 999"):
        call_command("train", cohort=cohort.name, recipe="landmarks", source=999)
