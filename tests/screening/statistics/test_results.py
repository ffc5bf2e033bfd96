"""Every result is frozen and turns into plain JSON."""

import json
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from screening.statistics import (
    Confusion,
    auc_interval,
    delong_interval,
    holm,
    judge_readers,
    roc_band,
    roc_curve,
    threshold_intervals,
    to_plain,
)
from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, standalone_vs_readers, u_statistic
from screening.statistics.rates import rates
from tests.screening.statistics.degenerate import SCORE, TRUTH

RATINGS = np.random.default_rng(0).integers(1, 6, (2, 3, 12)).astype(float)


@pytest.mark.filterwarnings("ignore:The variance estimate")
def test_every_result_is_frozen_and_turns_into_plain_json():
    results = [
        roc_curve(TRUTH, SCORE),
        roc_band(TRUTH, SCORE, grid=[0.5], seed=1),
        auc_interval(TRUTH, SCORE, seed=1),
        delong_interval(TRUTH, SCORE),
        threshold_intervals(TRUTH, SCORE, thresholds=[4], seed=1),
        judge_readers(TRUTH, SCORE, [Confusion(3, 3, 3, 3)], seed=1)[0],
        holm([0.1, 0.2]),
        obuchowski_rockette(TRUTH, RATINGS),
        dorfman_berbaum_metz(TRUTH, RATINGS),
        u_statistic(TRUTH, RATINGS),
        standalone_vs_readers(TRUTH, SCORE, RATINGS[0]),
        rates(Confusion(3, 3, 3, 3)),
    ]
    for result in results:
        plain = to_plain(result)
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
        with pytest.raises(FrozenInstanceError):
            result.level = 0.5
    assert to_plain(roc_curve(TRUTH, SCORE))["thresholds"][0] == "inf"
    assert to_plain(math.nan) is None
    with pytest.raises(ValueError, match="no plain form"):
        to_plain(object())
