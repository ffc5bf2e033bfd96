"""Components for planning, with and without each reader."""

import numpy as np
import pytest

from screening.statistics import Pilot, pilot_study, standalone_vs_readers
from screening.statistics.mrmc import obuchowski_rockette
from screening.statistics.power import power
from tests.screening.statistics.mrmc_golden import calls_of_five_readers_and_model, study
from tests.screening.statistics.statistics_golden import assert_close, expected


def components(truth, ratings, **options):
    found = obuchowski_rockette(truth, ratings, **options).components
    return Pilot(found.var_tr, found.var, found.cov1, found.cov2, found.cov3, truth.size)


def test_the_pilot_is_that_of_the_reference():
    found = pilot_study(*study())
    wanted = {row["name"]: row["Estimates"] for row in expected("power_vandyke_rjafroc")["pilot"]["OR"]}
    for name, key in {"var_tr": "VarTR", "var": "Var", "cov1": "Cov1", "cov2": "Cov2", "cov3": "Cov3"}.items():
        assert_close(getattr(found.pilot, name), wanted[key])
    assert (found.n_readers, found.n_cases, found.pilot.cases) == (5, 114, 114)


@pytest.mark.parametrize("metric", ["auc", "sensitivity", "specificity", "balanced_accuracy"])
def test_leaving_a_reader_out_is_analysing_the_others_alone(metric):
    truth, ratings = study()
    options = {"metric": metric, "threshold": None if metric == "auc" else 3}
    found = pilot_study(truth, ratings, **options)
    assert_close(vars(found.pilot), vars(components(truth, ratings, **options)))
    for reader, pilot in enumerate(found.without_each_reader):
        others = np.delete(ratings, reader, axis=1)
        assert_close(vars(pilot), vars(components(truth, others, **options)), 1e-12)


def test_readers_against_a_model_have_the_variance_of_the_standalone_test():
    """Planned with the pilot's own readers and cases: the denominator of the test that the pilot itself would get."""
    compared = 0
    truth, calls, model = calls_of_five_readers_and_model()
    for metric in ("sensitivity", "specificity", "balanced_accuracy"):
        found = pilot_study(truth, np.stack([calls, np.broadcast_to(model, calls.shape)]), metric=metric)
        test = standalone_vs_readers(truth, model, calls, metric=metric)
        assert_close(found.difference, test.difference)
        if found.pilot.var_tr > 0 and found.pilot.cov2 > found.pilot.cov3:
            planned = power(found.pilot, effect=0.05, readers=len(calls), cases=truth.size)
            assert_close([2 * planned.denominator / len(calls), planned.df2], [test.rrrc.se**2, test.rrrc.df])
            compared += 1
    assert compared


def test_two_readers_are_a_pilot_that_cannot_spare_one():
    truth, ratings = study()
    assert pilot_study(truth, ratings[:, :2]).without_each_reader == ()


def test_it_refuses_what_is_no_crossed_pair_of_tests():
    truth, ratings = study()
    for unfit in (ratings[:1], ratings[:, :1], study("vandyke_missing60")[1]):
        with pytest.raises(ValueError, match="A pilot for planning is two tests"):
            pilot_study(truth, unfit)
