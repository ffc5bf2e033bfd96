"""Photos that look the same never stand on two sides of a split."""

import numpy as np
import pytest

from readerstudy.studies.imports.likeness import NEAR_BITS, mirrored
from readerstudy.studies.models import Photo
from training import services
from training.likeness import alike_groups

pytestmark = pytest.mark.django_db


def near(hashed: str, *, bits: int) -> str:
    """The hash with its first ``bits`` bits turned over."""
    value = np.unpackbits(np.frombuffer(bytes.fromhex(hashed), np.uint8))
    value[:bits] ^= 1
    return np.packbits(value).tobytes().hex()


@pytest.fixture
def photos(cohort) -> list[Photo]:
    """The cohort's photos, all of them unlike one another."""
    draw = np.random.default_rng(3)
    photos = list(cohort.photos.order_by("subject__code"))
    for photo in photos:
        photo.perceptual_hash = draw.bytes(32).hex()
    return photos


def keep(photos: list[Photo]) -> None:
    Photo.objects.bulk_update(photos, ["perceptual_hash"])


def home_of(run) -> dict[int, int]:
    return dict(run.predictions.values_list("photo_id", "fold__index"))


@pytest.mark.parametrize("seed", range(6))
def test_near_duplicates_of_different_subjects_are_held_out_together(make_run, photos, seed):
    from training.engine.recipe import PRESETS

    first = photos[0].perceptual_hash
    photos[2].perceptual_hash = near(first, bits=NEAR_BITS)
    photos[4].perceptual_hash = mirrored(first)
    photos[7].perceptual_hash = near(photos[2].perceptual_hash, bits=10)
    keep(photos)
    run = make_run(recipe=PRESETS["smoke"].to_dict() | {"seed": seed})
    services.prepare_run(run_id=run.pk)
    home = home_of(run)
    alike = {photos[row].pk for row in (0, 2, 4, 7)}
    assert len({home[pk] for pk in alike}) == 1
    for fold in run.folds.all():
        parts = [set(fold.train_photos), set(fold.validation_photos), {pk for pk in home if home[pk] == fold.index}]
        assert sum(bool(part & alike) for part in parts) == 1
        assert sum(map(len, parts)) == len(set.union(*parts)) == 20


def test_photos_a_bit_further_apart_than_near_are_each_their_own(photos):
    photos[2].perceptual_hash = near(photos[0].perceptual_hash, bits=NEAR_BITS + 1)
    assert len(set(alike_groups(photos))) == 20


def test_likeness_goes_through_photos_between_whatever_their_order(photos):
    photos[9].perceptual_hash = near(photos[0].perceptual_hash, bits=30)
    photos[3].perceptual_hash = near(photos[0].perceptual_hash, bits=60)
    groups = alike_groups(photos)
    assert groups[0] == groups[9] == groups[3]
    assert len(set(groups)) == 18


def test_two_pairs_that_a_later_photo_links_become_one_group(photos):
    base = photos[0].perceptual_hash
    for row, bits in ((1, 30), (8, 60), (5, 90), (6, 120)):
        photos[row].perceptual_hash = near(base, bits=bits)
    groups = alike_groups(photos)
    assert len({groups[row] for row in (0, 1, 8, 5, 6)}) == 1


def test_photos_without_a_hash_are_alike_to_none(photos):
    for photo in photos:
        photo.perceptual_hash = ""
    assert alike_groups(photos) == list(range(20))
    photos[4].perceptual_hash = photos[6].perceptual_hash = "ab" * 32
    groups = alike_groups(photos)
    assert groups[4] == groups[6]
    assert len(set(groups)) == 19


def test_a_cohort_of_unlike_photos_is_dealt_as_before(make_run, photos):
    bare = make_run()
    services.prepare_run(run_id=bare.pk)
    keep(photos)
    hashed = make_run()
    services.prepare_run(run_id=hashed.pk)
    assert home_of(bare) == home_of(hashed)


def test_a_cohort_of_one_picture_over_and_over_is_refused_in_a_sentence(make_run, photos):
    from readerstudy.refusal import Refused

    for photo in photos:
        photo.perceptual_hash = photos[0].perceptual_hash
    keep(photos)
    with pytest.raises(Refused, match="photos of linked subjects stay together"):
        make_run()


def decide(photos: list[Photo], one: int, other: int, *, is_same_child: bool) -> None:
    from readerstudy.studies.services.likeness import decide_resemblance

    subjects = {"one": photos[one].subject, "other": photos[other].subject}
    decide_resemblance(**subjects, is_same_child=is_same_child, by=photos[0].cohort.created_by)


def test_different_children_who_look_alike_are_not_held_together(photos):
    photos[2].perceptual_hash = photos[6].perceptual_hash = photos[0].perceptual_hash
    decide(photos, 2, 0, is_same_child=False)
    groups = alike_groups(photos)
    assert groups[0] == groups[6] == groups[2]  # through the third one, of whom nobody has said anything
    decide(photos, 6, 0, is_same_child=False)
    groups = alike_groups(photos)
    assert groups[0] != groups[6] == groups[2]


def test_the_same_child_is_held_out_at_once_whatever_its_photos_look_like(make_run, photos):
    keep(photos)
    decide(photos, 11, 4, is_same_child=True)
    assert len(set(alike_groups(photos))) == 19
    run = make_run()
    services.prepare_run(run_id=run.pk)
    home = home_of(run)
    assert home[photos[11].pk] == home[photos[4].pk]


def test_a_decision_about_a_subject_whose_photo_is_not_trained_on_changes_nothing(photos):
    decide(photos, 11, 4, is_same_child=True)
    assert len(set(alike_groups(photos[:10]))) == 10
