"""The figures are valid for plotly, hold the stored numbers, and say what must travel with the picture."""

import pytest

from screening import charts
from screening.analysis.options import Options
from screening.charts.labels import positions
from screening.charts.look import COLOURS, FOLDS
from screening.services import compare
from tests.screening.app.paperlike import build


def traces(figure: dict, layer: str) -> list[dict]:
    return [trace for trace in figure["data"] if trace.get("meta", {}).get("layer") == layer]


def test_plotly_takes_both_figures(result):
    import plotly.graph_objects as go

    for figure in charts.roc(result).values():
        go.Figure(figure)  # refuses unknown attributes and bad values


def test_points_stand_where_the_counts_put_them(result):
    drawn = traces(charts.roc(result)["b"], "readers")
    assert [trace["text"][0] for trace in drawn] == ["SP 1", "SP 2", "JP 1", "JP 2", "JP 3"]
    first = drawn[0]
    assert (first["x"][0], first["y"][0]) == pytest.approx((64 / 228, 200 / 228))
    rates = result["readers"][0]["rates"]
    # The axis is 1 - specificity: to the right lies the LOWER limit of the specificity.
    right = first["x"][0] + first["error_x"]["array"][0]
    assert right == pytest.approx(1 - rates["specificity"]["lower"])
    assert first["y"][0] + first["error_y"]["array"][0] == pytest.approx(rates["sensitivity"]["upper"])
    assert "200 of 228" in first["hovertemplate"]


def test_one_band_of_four_is_shown_and_it_closes(result):
    bands = traces(charts.roc(result)["b"], "band")
    assert [(t["meta"]["at"], t["meta"]["kind"]) for t in bands if t["visible"]] == [("specificity", "pointwise")]
    for trace in bands:
        assert len(trace["x"]) == len(trace["y"]) == 2 * 201
    pointwise, simultaneous = bands[0]["y"], bands[1]["y"]
    assert all(wide >= narrow for wide, narrow in zip(simultaneous[:201], pointwise[:201], strict=True))


def test_the_pooled_curve_and_every_fold_are_drawn(result):
    figure = charts.roc(result)["a"]
    assert len(traces(figure, "folds")) == 5
    (pooled,) = [trace for trace in figure["data"] if trace["name"].startswith("Model, pooled")]
    assert pooled["y"] == result["model"]["roc"]["sensitivity"]
    assert "AUC 0.944" in pooled["name"]


def test_simulated_phantom_and_interim_are_written_into_the_picture(db):
    world = build(status="open", kind="phantom", n=60)
    options = Options(replicates=200)
    result = compare(study=world.study, run=world.run, options=options, by=world.investigator).result
    for figure in charts.roc(result).values():
        note = figure["layout"]["annotations"][0]["text"]
        assert "digital phantom" in note
        assert "simulated readers" in note
        assert "still open" in note
    assert all("simulated" in trace["name"] for trace in traces(charts.roc(result)["b"], "readers"))
    assert all(trace["marker"]["symbol"].endswith("-open") for trace in traces(charts.roc(result)["b"], "readers"))


def test_a_reader_s_code_cannot_bring_markup_into_the_figure(result):
    result["readers"][0]["code"] = "<a href='javascript:alert(1)'>x</a>"
    first = traces(charts.roc(result)["b"], "readers")[0]
    assert "<a" not in first["text"][0]
    assert "<a" not in first["hovertemplate"]


def test_labels_of_close_points_stand_on_different_sides():
    close = [(0.30, 0.80), (0.302, 0.802), (0.304, 0.798)]
    assert len(set(positions(close))) == 3
    assert positions([(0.99, 0.02)]) == ["top left"]


def test_colours_have_no_double_meaning():
    groups = [COLOURS[name] for name in ("model", "senior", "junior", "other", "mean")]
    assert len(set(groups)) == len(groups)
    assert len(set(FOLDS)) == len(FOLDS)
