"""Augmented faces before a run: the very looks that training makes, for investigators of the cohort alone."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from training import preview, services, stores, work
from training.engine.data import load, moved, shrunk
from training.engine.material import material
from training.engine.moves import draw_move
from training.engine.recipe import PRESETS
from training.models import TrainingRun
from training.pictures import load_crops
from training.warp import shrunk as shrunk_here
from training.warp import warped

URL = reverse("training:preview")
RECIPE = replace(PRESETS["smoke"], batch_size=8, epochs=12)


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")).astype(int)


@pytest.fixture
def textured(cohort):
    """Faces that differ: the cast's crops are of one colour each, which no move would change."""
    draw = np.random.default_rng(1)
    for photo in cohort.photos.all():
        coarse = Image.fromarray(draw.integers(0, 256, (14, 14, 3), dtype=np.uint8))
        coarse.resize((224, 224), Image.Resampling.BICUBIC).save(photo.face.crop.path, "PNG")
    return cohort


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{}, {"brightness": 0.3, "rotation": 30.0}, {"balanced": False, "crop": 0.7}])
def test_each_look_is_what_the_batch_of_a_run_holds(textured, make_run, fit, changes):
    recipe = replace(RECIPE, **changes)
    found = preview.samples(textured, recipe)
    run = make_run(recipe=recipe)
    services.prepare_run(run_id=run.pk)
    work.train_fold(fold_id=run.folds.get(index=0).pk)
    given = {key: fit.seen[0][key] for key in ("recipe", "crops", "has_syndrome", "diagnosis", "plan")}
    batches = (trained := material(**given)).batches()
    assert len(found) == 4
    order = [photo.pk for photo in stores.photos_of(run)]
    for sample in found:
        assert len(sample.looks) == 6
        row = order.index(sample.photo.pk)
        for look in sample.looks:
            rows = batches.batches(look.epoch - 1)[look.batch - 1]
            batch = load(batches, trained.store, epoch=look.epoch - 1, rows=rows, batch=look.batch - 1)
            seen = [255 * image for image, which in zip(batch.images, rows, strict=True) if which == row]
            assert min(np.abs(pixels(look.picture) - image).max() for image in seen) <= 4


def test_shrinking_and_warping_without_opencv_differ_by_rounding_only():
    draw = np.random.default_rng(3)
    coarse = Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    crop = np.asarray(coarse.resize((224, 224), Image.Resampling.BICUBIC))
    from training.engine.moves import matrix

    for recipe in (PRESETS["demo"], PRESETS["paper"], replace(PRESETS["smoke"], rotation=45.0, shift=0.3)):
        side = round(recipe.input_size / recipe.crop * 1.15)
        small = shrunk(crop, side=side)
        assert np.abs(small.astype(int) - shrunk_here(crop, side=side)).max() <= 1
        for _ in range(10):
            move = replace(draw_move(recipe, draw), gain=None)
            ours = warped(small, matrix(move, source=small.shape[0], recipe=recipe), size=recipe.input_size)
            difference = np.abs(255 * moved(small, recipe, move) - ours)
            assert difference.max() <= 4
            assert difference.mean() < 0.5


@pytest.mark.parametrize(
    ("who", "status"), [("investigator", 200), ("coordinator", 403), ("reader_user", 403), ("stranger", 404)]
)
@pytest.mark.django_db
def test_only_investigators_of_the_cohort_see_it(client, request, cohort, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get(URL).status_code == status
    assert client.get(URL, {"cohort": cohort.pk, "preset": "smoke", "seed": 1}).status_code == status


@pytest.mark.django_db
def test_the_investigator_next_door_and_the_street_see_none(client, cohort, neighbour):
    query = {"cohort": cohort.pk, "preset": "smoke", "seed": 1}
    assert client.get(URL, query).status_code == 302
    client.force_login(neighbour.memberships.get(role="investigator").user)
    assert client.get(URL, query).status_code == 404
    assert client.get(URL, query | {"cohort": neighbour.cohort.pk}).status_code == 200


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


@pytest.mark.django_db
def test_four_faces_with_six_looks_each_are_made_and_kept_nowhere(as_investigator, textured, data_dir):
    before = sorted(data_dir.rglob("*"))
    answer = as_investigator.get(
        URL, {"cohort": textured.pk, "preset": "smoke", "seed": 1, "batch_size": 8, "rotation": 20}
    )
    assert answer["Cache-Control"] == "private, no-store"
    samples = answer.context["samples"]
    assert [sample.photo.subject.has_syndrome for sample in samples] == [True, True, False, False]
    assert answer.content.decode().count("data:image/png;base64,") == 4 * (1 + len(samples[0].looks))
    assert sorted(data_dir.rglob("*")) == before
    assert not TrainingRun.objects.exists()


@pytest.mark.django_db
def test_a_first_visit_asks_and_makes_nothing(as_investigator, cohort):
    answer = as_investigator.get(URL)
    assert answer.status_code == 200
    assert answer.context["samples"] == []
    assert "data:image" not in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rotation": "90"}, "rotation is 90"),
        ({"rotation": "far"}, "write a number"),
        ({"preset": "none"}, "Select a valid choice"),
        ({"seed": "-1"}, "greater than or equal to 0"),
    ],
)
@pytest.mark.django_db
def test_a_choice_that_cannot_be_is_told(as_investigator, cohort, changes, message):
    answer = as_investigator.get(URL, {"cohort": cohort.pk, "preset": "smoke", "seed": 1} | changes)
    assert answer.status_code == 400
    assert message in answer.content.decode()


@pytest.mark.django_db
def test_a_cohort_too_small_to_split_is_told(as_investigator, cohort):
    cohort.photos.exclude(pk__in=cohort.photos.order_by("pk").values("pk")[:3]).update(is_index=False)
    answer = as_investigator.get(URL, {"cohort": cohort.pk, "preset": "smoke", "seed": 1})
    assert "cannot be split" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("cohort_id", ["x", "", "9" * 30, "-1"])
def test_nonsense_for_a_cohort_is_not_found(as_investigator, cohort, cohort_id):
    assert as_investigator.get(URL, {"cohort": cohort_id, "preset": "smoke"}).status_code == 404


@pytest.mark.django_db
def test_a_withdrawn_consent_leaves_the_preview_at_once(as_investigator, textured, coordinator):
    from readerstudy.studies.services.cohorts import withdraw_consent

    query = {"cohort": textured.pk, "preset": "smoke", "seed": 1}
    first = as_investigator.get(URL, query).context["samples"][0].photo.subject
    withdraw_consent(subject=first, by=coordinator)
    assert f"{first.code} <span" not in as_investigator.get(URL, query).content.decode()


@pytest.mark.django_db
def test_the_plain_picture_is_the_scored_view(textured):
    from training.engine.data import shrink, view

    sample = preview.samples(textured, RECIPE)[0]
    scored = 255 * view(shrink(load_crops([sample.photo]), RECIPE)[0], RECIPE)
    assert np.abs(pixels(sample.plain) - scored).max() <= 2
