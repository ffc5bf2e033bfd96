"""Who is in a phantom cohort, and that nothing beside the anatomy tells the classes apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from readerstudy.phantoms.design import PRESETS, age_quantiles, generate
from readerstudy.phantoms.gestalts import GESTALTS
from readerstudy.phantoms.observers import empirical_auc


@pytest.fixture(scope="module")
def cohort():
    return generate()


def split(cohort, value):
    cases = np.array([value(phantom) for phantom in cohort if phantom.has_syndrome])
    return cases, np.array([value(phantom) for phantom in cohort if not phantom.has_syndrome])


def held_out_auc(cohort, features):
    x, y = np.array([features(phantom) for phantom in cohort]), np.array([phantom.has_syndrome for phantom in cohort])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    rated = cross_val_predict(LogisticRegression(), x, y, cv=10, method="decision_function")
    return empirical_auc(rated[y], rated[~y])


def test_the_cohort_has_the_papers_counts(cohort):
    assert len(cohort) == 456
    found = Counter(phantom.diagnosis for phantom in cohort)
    assert found.pop("") == 228
    assert found == {gestalt.name: gestalt.count for gestalt in GESTALTS}


def test_ages_and_sexes_are_those_of_table_1(cohort):
    cases, controls = split(cohort, lambda phantom: phantom.age_months)
    assert (cases.mean(), cases.std(ddof=1)) == pytest.approx((36.85, 42.33), abs=0.3)
    assert (controls.mean(), controls.std(ddof=1)) == pytest.approx((37.28, 40.77), abs=0.3)
    assert min(cases.min(), controls.min()) >= 1
    assert max(cases.max(), controls.max()) <= 216
    boys = split(cohort, lambda phantom: phantom.sex == "M")
    assert (boys[0].sum(), boys[1].sum()) == (125, 119)


def test_age_quantiles_ascend_within_the_limits():
    ages = age_quantiles(50, has_syndrome=True)
    assert np.all(np.diff(ages) > 0)
    assert 1 <= ages[0] < ages[-1] <= 216


def test_skin_tones_are_the_same_in_both_classes(cohort):
    cases, controls = split(cohort, lambda phantom: phantom.looks.tone)
    assert np.array_equal(np.sort(cases), np.sort(controls))
    assert np.array_equal(np.histogram(cases, bins=7, range=(0, 1))[0], np.histogram(controls, bins=7, range=(0, 1))[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_age_sex_and_tone_say_nothing_of_the_class(seed):
    def facts(phantom):
        return np.log(phantom.age_months), phantom.sex == "M", phantom.looks.tone

    assert held_out_auc(generate(seed=seed), facts) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("seed", [1, 2])
def test_light_pose_clothes_and_camera_say_nothing_of_the_class(seed):
    def facts(phantom):
        looks = phantom.looks
        numbers = (looks.radius, looks.centre_x, looks.eye_row, looks.yaw, looks.pitch, looks.roll, looks.lamp_x)
        colours = (*looks.wall, *looks.shirt, *looks.hair, *looks.iris)
        camera = (looks.key, looks.ambient, looks.warmth, looks.gloss, looks.exposure, looks.blur, looks.noise)
        return (*numbers, *colours, *camera, looks.hair_style == "sparse", looks.freckles)

    assert held_out_auc(generate(n=2000, seed=seed), facts) == pytest.approx(0.5, abs=0.05)


def test_codes_and_file_names_say_nothing_of_the_class(cohort):
    assert [phantom.code for phantom in cohort[:2]] == ["PH-0001", "PH-0002"]
    assert len({phantom.file for phantom in cohort}) == 456
    places = split([*enumerate_truth(cohort)], lambda item: item.place)
    assert empirical_auc(*places) == pytest.approx(0.5, abs=0.08)
    names = split(cohort, lambda phantom: int(phantom.file[:8], 16))
    assert empirical_auc(*names) == pytest.approx(0.5, abs=0.08)


class Placed:
    def __init__(self, place, has_syndrome):
        self.place, self.has_syndrome = place, has_syndrome


def enumerate_truth(cohort):
    return (Placed(int(phantom.code[3:]), phantom.has_syndrome) for phantom in cohort)


def test_the_same_seed_gives_the_same_cohort_and_another_seed_another():
    assert generate(n=40, seed=9) == generate(n=40, seed=9)
    assert generate(n=40, seed=9) != generate(n=40, seed=10)


def test_a_subjects_confirmation_goes_with_its_diagnosis(cohort):
    assert {phantom.confirmation for phantom in cohort if not phantom.has_syndrome} == {""}
    by_name = {phantom.diagnosis: phantom.confirmation for phantom in cohort if phantom.has_syndrome}
    assert (by_name["Down"], by_name["Williams-Beuren"], by_name["Noonan"]) == ("karyotype", "array", "sequencing")
    assert set(by_name.values()) == {"karyotype", "array", "sequencing"}


@pytest.mark.parametrize(("preset", "ideal"), [("demo", 0.969), ("subtle", 0.979)])
def test_l_on_a_cohort_is_near_the_ideal_observers_auc(preset, ideal):
    assert empirical_auc(*split(generate(preset=preset), lambda phantom: phantom.llr)) == pytest.approx(ideal, abs=0.02)


def test_the_null_preset_has_nothing_to_find():
    cohort = generate(n=2000, preset="null")
    assert empirical_auc(*split(cohort, lambda phantom: phantom.llr)) == 0.5
    assert held_out_auc(cohort, lambda phantom: phantom.scores) == pytest.approx(0.5, abs=0.06)


def test_presets_share_the_noise_and_the_looks():
    demo, null = generate(n=60, preset="demo"), generate(n=60, preset="null")
    for one, other in zip(demo, null, strict=True):
        assert (one.looks, one.file, one.diagnosis) == (other.looks, other.file, other.diagnosis)
        assert one.has_syndrome or one.scores == other.scores


def test_a_few_cases_of_the_demo_do_not_show_their_syndrome(cohort):
    hidden = sum(phantom.has_syndrome and not phantom.is_expressed for phantom in cohort)
    assert 228 * (1 - PRESETS["demo"].rho) == pytest.approx(hidden, abs=3 * (228 * 0.94 * 0.06) ** 0.5)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_difficulty_is_the_normal_score_of_l_within_the_class(preset):
    cohort = generate(preset=preset)
    for is_case in (True, False):
        members = [phantom for phantom in cohort if phantom.has_syndrome == is_case]
        difficulty, llr = (np.array([getattr(phantom, name) for phantom in members]) for name in ("difficulty", "llr"))
        assert (difficulty.mean(), difficulty.std()) == pytest.approx((0, 1), abs=0.01)
        assert np.all(np.diff(llr[np.argsort(difficulty)]) >= 0)


@pytest.mark.parametrize("n", [2, 3, 5, 11, 40])
def test_a_small_cohort_keeps_the_balance_and_the_big_gestalts(n):
    cohort = generate(n=n)
    found = Counter(phantom.diagnosis for phantom in cohort)
    assert found.pop("") == n - n // 2
    assert sum(found.values()) == n // 2
    assert found["Williams-Beuren"] == max(found.values())


@pytest.mark.parametrize("n", [0, 1, 10_000])
def test_an_impossible_size_is_refused(n):
    with pytest.raises(ValueError, match="2 to 9999"):
        generate(n=n)


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="demo, subtle, null"):
        generate(preset="easy")
