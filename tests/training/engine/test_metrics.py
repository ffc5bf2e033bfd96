import numpy as np
import pytest

from training.engine.metrics import auc, best_threshold, fold_metrics

TRUTH = [False, False, False, True, True, True]
SCORES = np.array([0.1, 0.2, 0.7, 0.4, 0.8, 0.9])


def test_the_figures_of_a_small_fold_by_hand():
    found = fold_metrics(TRUTH, SCORES, threshold=0.5)
    assert (found["tp"], found["fp"], found["tn"], found["fn"]) == (2, 1, 2, 1)
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert found["specificity"] == pytest.approx(2 / 3)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["auc"] == pytest.approx(8 / 9)


def test_a_score_at_the_threshold_is_called_gs():
    assert fold_metrics([True, False], np.array([0.5, 0.1]), threshold=0.5)["tp"] == 1


def test_the_threshold_lies_in_the_middle_of_a_clean_gap():
    assert best_threshold([False, False, True, True], np.array([0.1, 0.2, 0.6, 0.9])) == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_threshold_has_a_larger_youden_index(seed):
    draw = np.random.default_rng(seed)
    truth = draw.random(60) < 0.5
    scores = draw.random(60) * 0.7 + truth * 0.3
    at = lambda t: (lambda m: m["sensitivity"] + m["specificity"])(fold_metrics(truth, scores, threshold=t))  # noqa: E731
    best = best_threshold(truth, scores)
    assert 0 <= best <= 1
    assert at(best) == pytest.approx(max(at(t) for t in np.r_[scores, 0, 1.1]))


def test_one_class_alone_gives_chance_and_no_crash():
    assert auc([True, True], np.array([0.2, 0.9])) == 0.5
    assert best_threshold([True, True], np.array([0.2, 0.9])) == 0.5
    assert fold_metrics([True, True], np.array([0.2, 0.9]), threshold=0.5)["specificity"] == 0


def test_equal_scores_give_chance():
    assert auc(TRUTH, np.full(6, 0.5)) == 0.5
    assert np.isfinite(best_threshold(TRUTH, np.full(6, 0.5)))
