"""Every number printed in the tables of page and report, and every point of the figures, against the library's own.

The expected cells are written here from ``independent``: no number comes from the stored result.
"""

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.test import Client

from screening import charts
from screening.analysis.options import Options
from screening.report import tables
from screening.report.drawing import Circle, Path
from screening.report.figures import LEFT, PLOT, TOP, drawn
from screening.services import compare
from tests.screening.app.paperlike import CODES, build
from tests.screening.report.independent import METRICS, numbers

RATES = ("accuracy", "sensitivity", "specificity", "precision", "f1")
NUMBER = re.compile(r"[+\-−]?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def theirs() -> SimpleNamespace:
    return numbers()


@pytest.fixture(scope="module")
def _shown(django_db_setup, django_db_blocker) -> str:
    with django_db_blocker.unblock(), transaction.atomic():
        world = build()
        made = compare(study=world.study, run=world.run, options=Options(), by=world.investigator)
        client = Client()
        client.force_login(world.investigator)
        page = client.get(f"/analysis/{made.study_id}/{made.pk}/").content.decode()
        transaction.set_rollback(True)
    return page


@pytest.fixture
def page(_shown, db) -> str:
    return _shown


def four(value: float) -> str:
    return f"{value:.4f}"


def p(value: float) -> str:
    return "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


def points(value: float) -> str:
    return f"{100 * value:+.1f}"


def with_limits(estimate: Any) -> str:
    return f"{four(estimate.value)}\n{four(estimate.lower)}–{four(estimate.upper)}"


def of_counts(found: Any) -> list[str]:
    return [str(found.tp), str(found.fn), str(found.tn), str(found.fp)]


def table_two(it: SimpleNamespace) -> list[list[str]]:
    """Table 2 without its first column."""
    grid = []
    for reader in it.readers:
        cells = [with_limits(getattr(reader.rates, name)) for name in RATES]
        grid.append(["456", *of_counts(reader.counts), *cells, with_limits(reader.auc)])
    cells = [with_limits(getattr(it.model, name)) for name in RATES]
    grid.append(["456", *of_counts(it.model_counts), *cells, with_limits(it.auc)])
    spread = [f"{four(it.over_folds[name].mean)}\n± {four(it.over_folds[name].sd)}" for name in (*RATES, "auc")]
    return [*grid, ["456", "", "", "", "", *spread]]


def paired(it: SimpleNamespace) -> list[list[str]]:
    grid = []
    for reader in it.readers:
        cells = []
        for name in ("sensitivity", "specificity"):
            found = getattr(reader.paired, name)
            span = f"{points(found.lower)} to {points(found.upper)}"
            cells += [f"{points(found.difference)}\n{span}", p(found.p_value), p(getattr(reader, f"paired_{name}"))]
        grid.append(["456", *cells])
    return grid


def mcnemar(it: SimpleNamespace) -> list[list[str]]:
    grid = []
    for reader in it.readers:
        cells = []
        for name in ("sensitivity", "specificity"):
            found = getattr(reader.mcnemar, name)
            cells += [f"{found.b} : {found.c}", p(found.exact_p), p(getattr(reader, f"mcnemar_{name}"))]
        grid.append(cells)
    return grid


def population(it: SimpleNamespace) -> list[list[str]]:
    """The library says readers minus model, the pages model minus readers."""
    grid = []
    for metric in METRICS:
        found, test = it.population[metric], it.population[metric].rrrc
        span = f"{points(-test.upper)} to {points(-test.lower)}"
        difference = f"{points(-found.difference)}\n{span}"
        grid.append([four(found.model), four(found.readers_mean), difference, p(test.p_value)])
    return grid


def children(it: SimpleNamespace) -> list[list[str]]:
    ages = [f"{age.mean():.1f} ± {age.std(ddof=1):.1f}" for age in it.ages]
    sexes = [f"{girls} : {boys}" for girls, boys in it.sexes]
    return [
        ["228", "228", ""],
        [*sexes, f"{p(it.sex_p)}\nPearson's χ²"],
        [*ages, f"{p(it.age_p)}\nStudent's t"],
        ["3", "–", ""],
    ]


GRIDS = {
    "children": (tables.children, children),
    "readers_and_model": (tables.readers_and_model, table_two),
    "paired": (tables.paired, paired),
    "mcnemar": (tables.mcnemar, mcnemar),
    "population": (tables.population, population),
}


@pytest.mark.parametrize("name", GRIDS)
def test_every_cell_of_the_report_s_tables_is_the_library_s(result, theirs, name):
    ours, expected = GRIDS[name]
    table = ours(result)
    assert [list(row[1:]) for row in table.rows] == expected(theirs)
    if name != "population" and name != "children":
        assert [row[0].split("\n")[0] for row in table.rows[:5]] == list(CODES.values())


class Rows(HTMLParser):
    """Text of every body cell of a piece of a page, row by row, the first column left out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.is_open = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
            self.is_open = True
        if self.is_open and tag == "span":
            self.rows[-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.is_open = False

    def handle_data(self, data: str) -> None:
        if self.is_open:
            self.rows[-1][-1] += data


def on_the_page(page: str, heading: str) -> list[list[str]]:
    found = Rows()
    found.feed(page.split(f'id="{heading}"')[1].split("</section>")[0])
    return [[NUMBER.findall(cell) for cell in row] for row in found.rows if row]


def told(grid: list[list[str]]) -> list[list[list[str]]]:
    return [[NUMBER.findall(cell) for cell in row] for row in grid]


def test_every_number_of_the_page_s_tables_is_the_library_s(page, theirs):
    assert on_the_page(page, "table-2-head") == told(table_two(theirs))
    assert on_the_page(page, "table-1-head") == told(children(theirs))
    both = [[*a, *b] for a, b in zip(paired(theirs), mcnemar(theirs), strict=True)]
    assert flat(on_the_page(page, "tests-head")) == flat(told(both))
    assert flat(on_the_page(page, "group-head")) == flat(told(population(theirs)))


def flat(grid: list[list[list[str]]]) -> list[list[str]]:
    return [[number for cell in row for number in cell] for row in grid]


def traces(result: dict[str, Any], figure: str) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in charts.roc(result)[figure]["data"]}


def same(ours: Any, values: Any) -> None:
    np.testing.assert_allclose(np.array(ours, float), np.array(values, float), rtol=0, atol=1e-12)


def test_every_point_of_the_curves_is_the_library_s(result, theirs):
    a = traces(result, "a")
    pooled = next(trace for name, trace in a.items() if name.startswith("Model, pooled"))
    limits = f"{theirs.auc.value:.3f} ({theirs.auc.lower:.3f}–{theirs.auc.upper:.3f})"
    assert pooled["name"] == f"Model, pooled: AUC {limits}"
    same(pooled["x"], 1 - theirs.roc.specificity)
    same(pooled["y"], theirs.roc.sensitivity)
    for i, curve in enumerate(theirs.fold_roc, 1):
        fold = a[f"Fold {i}: AUC {curve.auc:.3f}"]
        same(fold["x"], 1 - curve.specificity)
        same(fold["y"], curve.sensitivity)
    star = a["Model at its folds' thresholds"]
    same([*star["x"], *star["y"]], [1 - theirs.model.specificity.value, theirs.model.sensitivity.value])


@pytest.mark.parametrize("at", ["specificity", "sensitivity"])
@pytest.mark.parametrize("kind", ["pointwise", "simultaneous"])
def test_every_point_of_the_bands_is_the_library_s(result, theirs, at, kind):
    found, prefix = theirs.bands[at], "simultaneous_" if kind == "simultaneous" else ""
    lower, upper = getattr(found, f"{prefix}lower"), getattr(found, f"{prefix}upper")
    band = traces(result, "b")[f"95 % {kind} band at {at}"]
    grid, edge = np.r_[found.grid, found.grid[::-1]], np.r_[upper, lower[::-1]]
    same(band["x"], 1 - (grid if at == "specificity" else edge))
    same(band["y"], edge if at == "specificity" else grid)


def test_every_reader_s_point_and_cross_is_the_library_s(result, theirs):
    drawn_readers = [
        trace for trace in charts.roc(result)["b"]["data"] if trace.get("meta", {}).get("layer") == "readers"
    ]
    assert [trace["text"] for trace in drawn_readers] == [[code] for code in CODES.values()]
    for trace, reader in zip(drawn_readers, theirs.readers, strict=True):
        se, sp = reader.rates.sensitivity, reader.rates.specificity
        same([*trace["x"], *trace["y"]], [1 - sp.value, se.value])
        same(trace["error_x"]["array"] + trace["error_x"]["arrayminus"], [sp.value - sp.lower, sp.upper - sp.value])
        same(trace["error_y"]["array"] + trace["error_y"]["arrayminus"], [se.upper - se.value, se.value - se.lower])
    mean = next(trace for trace in charts.roc(result)["b"]["data"] if trace.get("meta", {}).get("layer") == "mean")
    same(mean["x"], [np.mean([1 - reader.rates.specificity.value for reader in theirs.readers])])
    same(mean["y"], [np.mean([reader.rates.sensitivity.value for reader in theirs.readers])])


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_report_s_figures_hold_the_points_of_the_interactive_ones(result, name):
    figure = charts.roc(result)[name]
    shapes = drawn(figure, alt="x").shapes
    paths = {tuple(_back(shape.points)) for shape in shapes if isinstance(shape, Path)}
    middles = {
        _point(shape.centre) if isinstance(shape, Circle) else _point(np.mean(shape.points, axis=0))
        for shape in shapes
        if isinstance(shape, Circle) or (isinstance(shape, Path) and shape.is_closed)
    }
    for trace in figure["data"]:
        if trace.get("visible", True) is not True:
            continue
        points = [_point_of(x, y) for x, y in zip(trace["x"], trace["y"], strict=True)]
        if "lines" in trace["mode"]:
            assert tuple(points) in paths, trace["name"]
        elif trace["marker"]["symbol"] in ("circle", "circle-open"):
            assert set(points) <= middles, trace["name"]
        if error := trace.get("error_y"):
            x, y = trace["x"][0], trace["y"][0]
            ends = (_point_of(x, y - error["arrayminus"][0]), _point_of(x, y + error["array"][0]))
            assert ends in paths, trace["name"]


def _point_of(x: float, y: float) -> tuple[float, float]:
    return round(x, 9) + 0.0, round(y, 9) + 0.0


def _point(at: Any) -> tuple[float, float]:
    return _point_of((at[0] - LEFT) / PLOT, 1 - (at[1] - TOP) / PLOT)


def _back(points: Any) -> list[tuple[float, float]]:
    return [_point(at) for at in points]
