"""The faces of a run in training: written once, shared by its folds, gone with the run and with a consent."""

import numpy as np
import pytest
from PIL import Image

from readerstudy.studies.services.cohorts import withdraw_consent
from training import preview, services, stores, work
from training.engine.align import align, template
from training.engine.data import shrink
from training.engine.moves import inside, room_of
from training.engine.recipe import PRESETS
from training.models import State
from training.pictures import load_crops, photos_of
from training.weights import files_of

pytestmark = pytest.mark.django_db


def files(run) -> list[str]:
    return sorted(path.name for path in files_of(run.pk).glob("*.npy"))


def train(run, index: int) -> str:
    return work.train_fold(fold_id=run.folds.get(index=index).pk)


def test_the_file_holds_the_runs_faces_at_the_size_its_network_needs(prepared):
    photos = photos_of(prepared)
    faces = stores.faces_of(prepared, photos)
    assert faces.shape == (20, 37, 37, 3)
    assert not faces.flags.writeable
    np.testing.assert_array_equal(faces, shrink(load_crops(photos), PRESETS["smoke"]))


def test_the_second_fold_reads_what_the_first_wrote(prepared, fit):
    train(prepared, 0)
    (path,) = files_of(prepared.pk).glob("*.npy")
    before = path.stat()
    train(prepared, 1)
    assert files(prepared) == [path.name]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [given["crops"].shape for given in fit.seen] == [(20, 37, 37, 3)] * 2


def test_it_goes_with_the_last_fold(prepared, fit):
    for index in range(5):
        assert train(prepared, index) == "finished"
        assert len(files(prepared)) == (index < 4)


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_it_goes_with_a_run_that_ends_early(prepared, fit, investigator, end):
    def ends(given):
        assert len(files(prepared)) == 1
        if end == "cancel":
            services.cancel_run(run=prepared, by=investigator)
            return
        raise ValueError("the loss is not a number")

    fit.hook = ends
    assert train(prepared, 0) == {"cancel": "stopped", "fail": "failed"}[end]
    assert files(prepared) == []


def test_a_sweep_finds_what_a_crash_left(prepared, investigator):
    stores.faces_of(prepared, photos_of(prepared))
    half = files_of(prepared.pk) / ".part-7-faces-0123456789abcdef.npy"
    half.write_bytes(b"half")
    assert services.requeue_stale()["dropped picture stores"] == 0
    type(prepared).objects.filter(pk=prepared.pk).update(state=State.FINISHED)
    assert services.requeue_stale()["dropped picture stores"] == 2
    assert list(files_of(prepared.pk).iterdir()) == []


def test_a_withdrawn_consent_takes_the_file_with_it_and_the_next_fold_makes_one_without_the_face(
    prepared, fit, coordinator
):
    train(prepared, 0)
    old = files(prepared)
    withdraw_consent(subject=prepared.predictions.first().photo.subject, by=coordinator)
    assert services.requeue_stale()["dropped picture stores"] == 1
    assert files(prepared) == []
    train(prepared, 1)
    assert fit.seen[-1]["crops"].shape == (19, 37, 37, 3)
    assert len(files(prepared)) == 1
    assert files(prepared) != old
    assert services.requeue_stale()["dropped picture stores"] == 0


def test_a_face_placed_anew_is_read_anew(prepared):
    photos = photos_of(prepared)
    before = np.array(stores.faces_of(prepared, photos))
    face = photos[3].face
    with face.crop.open("rb") as stream:
        crop = Image.open(stream).convert("RGB")
    crop.paste((255, 0, 0), (0, 0, 112, 224))
    crop.save(face.crop.path)
    face.landmarks = [[1.0, 1.0]] * 5
    face.save(update_fields=["landmarks"])
    after = stores.faces_of(prepared, photos_of(prepared))
    assert (after != before).any(axis=(1, 2, 3)).tolist() == [row == 3 for row in range(20)]
    assert len(files(prepared)) == 1


def test_a_spoilt_file_is_made_anew(prepared):
    photos = photos_of(prepared)
    faces = np.array(stores.faces_of(prepared, photos))
    stores.store_path(prepared, photos).write_bytes(b"spoilt")
    np.testing.assert_array_equal(stores.faces_of(prepared, photos), faces)


@pytest.fixture
def full_size(make_run, cohort):
    """A run of the full network, prepared; photos with a texture of their own and landmarks near their middle."""
    draw = np.random.default_rng(2)
    for photo in cohort.photos.all():
        coarse = Image.fromarray(draw.integers(0, 256, (20, 20, 3), dtype=np.uint8))
        picture = coarse.resize((400, 400), Image.Resampling.BICUBIC)
        picture.save(photo.file.path, "PNG")
        photo.face.landmarks = (template(224) * 0.8 + 110).tolist()
        photo.face.save(update_fields=["landmarks"])
        Image.fromarray(align(np.asarray(picture), np.array(photo.face.landmarks))).save(photo.face.crop.path)
    run = make_run(recipe=PRESETS["paper"])
    services.prepare_run(run_id=run.pk)
    return run


def test_the_full_network_is_taught_from_256_pixels_with_the_aligned_crop_in_their_middle(full_size, fit):
    photos = photos_of(full_size)
    faces = stores.faces_of(full_size, photos)
    assert faces.shape == (20, 256, 256, 3)
    np.testing.assert_allclose(faces[:, 16:240, 16:240].astype(int), load_crops(photos), atol=1)
    train(full_size, 0)
    assert fit.seen[0]["crops"].shape == (20, 256, 256, 3)
    assert fit.seen[0]["room"] == 256 / 224


def test_a_face_without_landmarks_has_its_edge_continued(full_size):
    photo = photos_of(full_size)[0]
    photo.face.landmarks = None
    photo.face.save(update_fields=["landmarks"])
    first = stores.faces_of(full_size, photos_of(full_size))[0]
    np.testing.assert_array_equal(first[16:240, 16:240], load_crops([photo])[0])
    assert (first[:16, 16:240] == first[16, 16:240]).all()


def test_the_preview_of_the_full_network_shows_what_lies_in_the_file(full_size):
    recipe = PRESETS["paper"]
    photos = photos_of(full_size)
    faces = stores.faces_of(full_size, photos)
    for row in (0, 7):
        shown = preview._stored(photos[row], inside(recipe, room=room_of(recipe)), has_room=True)
        assert np.abs(shown.astype(int) - faces[row]).max() <= 2
