"""Power and size of a planned study against RJafroc."""

import math

import pytest

from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette
from screening.statistics.power import Pilot, PseudovaluePilot, cases_needed, power, readers_needed
from tests.screening.statistics.mrmc_golden import study
from tests.screening.statistics.statistics_golden import assert_close, expected

POWER = expected("power_vandyke_rjafroc")


@pytest.fixture(scope="module")
def pilots():
    truth, ratings = study()
    a, b = obuchowski_rockette(truth, ratings).components, dorfman_berbaum_metz(truth, ratings).components
    return {
        "OR": Pilot(a.var_tr, a.var, a.cov1, a.cov2, a.cov3, truth.size),
        "DBM2004": PseudovaluePilot(b.var_tr, b.var_tc, b.var_error),
    }


def test_the_pilots_components_agree(pilots):
    found = pilots["OR"]
    wanted = {row["name"]: row["Estimates"] for row in POWER["pilot"]["OR"]}
    assert found.cases == POWER["pilot"]["KStar"]
    assert_close(
        [found.var_tr, found.var, found.cov1, found.cov2, found.cov3],
        [wanted[key] for key in ("VarTR", "Var", "Cov1", "Cov2", "Cov3")],
    )
    # RJafroc prints the covariances as correlations, too.
    for row in POWER["pilot"]["OR"]:
        if row["Rhos"] is not None:
            assert_close(wanted[row["name"]] / found.var, row["Rhos"])
    found, wanted = pilots["DBM2004"], {row["name"]: row["Estimates"] for row in POWER["pilot"]["DBM"]}
    assert_close([found.var_tr, found.var_tc, found.var_error], [wanted[key] for key in ("VarTR", "VarTC", "VarErr")])


@pytest.mark.parametrize("method", ["OR", "DBM2004"])
@pytest.mark.parametrize("row", POWER["power"], ids=lambda r: f"{r['analysis']}-{r['J']}x{r['K']}-{r['effect_size']}")
def test_power_agrees(pilots, row, method):
    found = power(pilots[method], effect=row["effect_size"], readers=row["J"], cases=row["K"], analysis=row["analysis"])
    wanted = row[method]
    assert_close([found.power, found.ncp, found.critical], [wanted[k] for k in ("power", "ncp", "critical")], 1e-7)
    if wanted["df2"] is None:
        assert math.isinf(found.df2)
    else:
        assert_close(found.df2, wanted["df2"], 1e-7)


@pytest.mark.parametrize("row", POWER["cases_for_80pct"], ids=lambda r: f"{r['J']}readers")
def test_the_number_of_cases_agrees(pilots, row):
    found = cases_needed(pilots["OR"], effect=row["effect_size"], readers=row["J"], analysis=row["analysis"])
    assert found.cases == row["KRRRC"]
    assert_close(found.power, row["powerRRRC"], 1e-7)
    assert power(pilots["OR"], effect=row["effect_size"], readers=row["J"], cases=found.cases - 1).power < 0.8


def test_the_number_of_readers_is_the_smallest_that_suffices(pilots):
    found = readers_needed(pilots["OR"], effect=0.05, cases=170)
    assert found.readers == 6
    assert power(pilots["OR"], effect=0.05, readers=5, cases=170).power < 0.8


def test_no_effect_is_found_with_probability_alpha(pilots):
    for analysis in ("RRRC", "FRRC", "RRFC"):
        found = power(pilots["OR"], effect=0, readers=5, cases=100, analysis=analysis, alpha=0.03)
        assert found.power == pytest.approx(0.03, abs=1e-9)


def test_it_says_when_cases_cannot_make_up_for_readers():
    pilot = Pilot(var_tr=0.01, var=0.001, cov1=0.0004, cov2=0.0003, cov3=0.0002, cases=100)
    with pytest.raises(ValueError, match="Even 1000000 cases"):
        cases_needed(pilot, effect=0.01, readers=3)
    with pytest.raises(ValueError, match="readers"):
        power(pilot, effect=0.01, readers=1, cases=50)
    with pytest.raises(ValueError, match="no positive variance"):
        power(Pilot(0, 0.001, 0.001, 0, 0, 10), effect=0.1, readers=2, cases=10)
