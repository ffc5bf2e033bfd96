"""Phantoms of severity 0 carry no syndrome at all: whatever the pipeline then finds above 0.5 is a leak."""

from dataclasses import replace

import numpy as np
import pytest

from readerstudy.phantoms.design import generate
from readerstudy.phantoms.render import render
from screening.statistics.delong import delong_interval
from training.engine.align import align
from training.engine.recipe import PRESETS
from training.engine.splits import plan_folds

pytestmark = pytest.mark.slow
# Six epochs are too few to begin anew three times.
ONCE = replace(PRESETS["demo"], schedule="cosine", snapshots=1)
RECIPE = replace(ONCE, input_size=32, width=0.125, epochs=6, folds=3, batch_size=16, heat_maps="none")


@pytest.fixture(scope="module")
def null():
    """120 phantoms of severity 0, aligned by the landmarks they were drawn with: crops, truth, diagnosis."""
    phantoms = generate(n=120, seed=5, preset="null")
    crops = np.stack([align(*render(phantom)) for phantom in phantoms])
    return crops, np.array([phantom.has_syndrome for phantom in phantoms]), [phantom.diagnosis for phantom in phantoms]


def held_out(crops, truth, diagnosis, directory):
    from training.engine.fit import fit_fold

    scores = np.full(len(truth), np.nan)
    for plan in plan_folds(truth, diagnosis, range(len(truth)), folds=RECIPE.folds, seed=RECIPE.seed):
        result = fit_fold(
            recipe=RECIPE, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=directory
        )
        scores[plan.test] = result.test_scores
    return scores


def test_without_a_syndrome_the_area_is_one_half_within_its_interval(null, tmp_path):
    _, truth, _ = null
    area = delong_interval(truth, held_out(*null, tmp_path), level=0.99)
    assert area.lower < 0.5 < area.upper


def test_a_mark_that_betrays_the_class_is_found_by_the_same_test(null, tmp_path):
    """The planted error: a corner that is a little brighter in one class."""
    crops, truth, diagnosis = null
    marked = crops.copy()
    marked[truth, 80:140, 80:140] = np.minimum(marked[truth, 80:140, 80:140].astype(int) + 60, 255)
    area = delong_interval(truth, held_out(marked, truth, diagnosis, tmp_path), level=0.99)
    assert area.lower > 0.5
