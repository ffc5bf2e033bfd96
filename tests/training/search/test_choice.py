import numpy as np
import pytest

from training.search.choice import choose, mean_of_choices, summarise


def test_the_standard_error_is_that_of_the_mean_over_the_folds():
    values = [0.81, 0.9, 0.87, 0.93, 0.79]
    found = summarise(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.se == pytest.approx(np.std(values, ddof=1) / np.sqrt(5))
    assert summarise([0.8]).se is None


def test_the_best_mean_wins_and_a_loss_is_best_when_low():
    values = [[0.6, 0.7], [0.5, 0.6], [0.9, 0.2]]
    assert choose(values, costs=[1, 1, 1], rule="best", measure="val_auc") == 0
    assert choose(values, costs=[1, 1, 1], rule="best", measure="val_loss") in (1, 2)
    assert choose([[0.6, 0.7], [0.5, 0.6]], costs=[1, 1], rule="best", measure="val_loss") == 1


def test_a_tie_goes_to_the_cheaper_recipe():
    assert choose([[0.8, 0.8], [0.8, 0.8]], costs=[9, 1], rule="best", measure="val_auc") == 1
    assert choose([[0.8, 0.8], [0.8, 0.8]], costs=[1, 1], rule="best", measure="val_auc") == 0


@pytest.mark.parametrize(("measure", "sign"), [("val_auc", 1), ("val_loss", -1)])
def test_the_cheapest_within_one_standard_error_of_the_best(measure, sign):
    best = [0.90, 0.94, 0.92]  # mean 0.92, standard error 0.0115
    near, far = [0.909] * 3, [0.907] * 3
    values = [[sign * value for value in row] for row in (best, near, far)]
    assert choose(values, costs=[9, 5, 1], rule="one_se", measure=measure) == 1
    assert choose(values, costs=[1, 5, 9], rule="one_se", measure=measure) == 0


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="there is no rule"):
        choose([[0.5]], costs=[1], rule="luck", measure="val_auc")


def test_a_choice_is_read_where_it_was_not_made():
    """Each recipe shines on one fold alone: whoever chooses without that fold is led astray."""
    values = (np.eye(3) * 0.3 + 0.6).tolist()
    assert choose(values, costs=[1, 1, 1], rule="best", measure="val_auc") == 0
    assert mean_of_choices(values, costs=[1, 1, 1], rule="best", measure="val_auc") == pytest.approx(0.6)
    assert mean_of_choices([[0.9], [0.8]], costs=[1, 1], rule="best", measure="val_auc") is None


def test_choosing_among_equals_flatters_and_reading_elsewhere_does_not():
    """36 recipes of the same truth 0.80: the winner's mean is too high, the mean of choices is right (500 searches)."""
    draw = np.random.default_rng(1)
    winners, fair = [], []
    for _ in range(500):
        values = draw.normal(0.8, 0.04, (36, 5)).tolist()
        given = {"costs": [1.0] * 36, "rule": "best", "measure": "val_auc"}
        winners.append(np.mean(values[choose(values, **given)]))
        fair.append(mean_of_choices(values, **given))
    assert np.mean(winners) > 0.83
    assert np.mean(fair) == pytest.approx(0.8, abs=0.003)
