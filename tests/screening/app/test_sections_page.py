"""The comparison page with its sections: menu, sentences, numbers, files; and what an older result still shows."""

import csv
import io
import re

import plotly.graph_objects as go
import pytest

from readerstudy.studies.models import Reader
from screening import charts
from screening.analysis.options import Options
from screening.exports import EXPORTS
from screening.exports.safe import to_csv
from screening.exports.sections import SECTIONS as FILES
from screening.models import Comparison
from screening.sections import SECTIONS
from screening.services import compare
from tests.screening.app.rich import build_rich

NEW = ("agreement", "aided", "time", "exposure", "flagged", "subgroups", "verdicts")
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return build_rich(n=120)


@pytest.fixture
def made(world):
    options = Options(replicates=200, margin=0.05)
    return compare(study=world.study, run=world.run, options=options, by=world.investigator)


@pytest.fixture
def older(made):
    """As the version before stored it."""
    kept = {name: value for name, value in made.result.items() if name not in NEW}
    rows = {name: value for name, value in kept["rows"].items() if name not in ("position", "shown_ms")}
    words = {"population": made.result["words"]["population"]}
    return Comparison.objects.create(
        study=made.study,
        run=made.run,
        fingerprint="0" * 64,
        options=made.options,
        result=kept | {"format": 1, "rows": rows, "words": words},
        created_by=made.created_by,
    )


@pytest.fixture
def desk(client, world):
    client.force_login(world.investigator)
    return client


def page_of(desk, comparison) -> str:
    response = desk.get(f"/analysis/{comparison.study_id}/{comparison.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def parsed(name: str, result: dict) -> list[dict[str, str]]:
    text = to_csv(EXPORTS[name].header, EXPORTS[name].rows(result))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_menu_leads_to_every_section_in_the_order_of_the_page(desk, made):
    page = page_of(desk, made)
    menu = re.search(r'<nav class="on-page.*?</nav>', page, re.DOTALL).group()
    wanted = re.findall(r'href="#([\w-]+)"', menu)
    assert wanted == [section.id for section in SECTIONS]
    assert re.findall(r'<section class="card on-page-section" id="([\w-]+)"', page) == wanted
    for section in wanted:
        assert f'aria-labelledby="{section}-head"' in page
        assert page.count(f'id="{section}-head"') == 1


def test_every_section_opens_with_its_sentence(desk, made):
    page = page_of(desk, made).replace("&#x27;", "'")
    words = made.result["words"]
    for sentence in (*(words[name] for name in NEW if name != "time"), *words["time"].values()):
        assert sentence
        assert sentence in page


def test_the_page_shows_the_stored_numbers(desk, made):
    page, result = page_of(desk, made), made.result
    group = result["agreement"]["group"]
    assert f"{group['ac1']['value']:.2f}" in page
    assert f"{group['fleiss']['lower']:.2f} to {group['fleiss']['upper']:.2f}" in page
    for entry in result["subgroups"]["entries"]:
        assert entry["group"] in page
        assert f"{100 * entry['difference']:+.1f}".replace("-", "−") in page
    for reader in result["aided"]["readers"]:
        assert f"{reader['changed']['sensitivity']['b']} : {reader['changed']['sensitivity']['c']}" in page
    assert "crossover with a washout of at least 28 days" in page
    assert "Model at a margin of 5 points" in page
    assert "superior" in page


def test_a_sequential_design_is_named_with_what_it_cannot_tell(client):
    world = build_rich(n=80, design="sequential")
    made = compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
    client.force_login(world.investigator)
    assert "a change can also come from thinking twice" in page_of(client, made)
    assert made.result["aided"]["all"]["n_readers"] == 5


def test_a_study_without_arms_has_no_aided_entry_in_its_menu(client):
    world = build_rich(n=80, design="unaided")
    made = compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
    client.force_login(world.investigator)
    page = page_of(client, made)
    assert 'href="#aided"' not in page
    assert 'href="#subgroups"' in page
    assert "No non-inferiority margin was chosen" in page


def test_an_older_result_keeps_its_page_its_report_and_its_files(desk, older):
    page = page_of(desk, older)
    assert "made by an earlier version" in page
    assert 'id="subgroups"' not in page
    assert "data-chart" not in page
    for tail in ("report/", "cases/", "results.json", *(f"{name}.csv" for name in EXPORTS)):
        assert desk.get(f"/analysis/{older.study_id}/{older.pk}/{tail}").status_code == 200
    assert parsed("subgroups", older.result) == []
    assert parsed("calls", older.result)[0]["position"] == ""


def test_a_new_result_says_nothing_of_an_earlier_version(desk, made):
    assert "earlier version" not in page_of(desk, made)


def test_the_api_hands_the_sections_out(desk, made):
    result = desk.get(f"/api/v1/comparisons/{made.pk}/").json()["result"]
    assert result["format"] == 2
    assert {name for name in NEW if name in result} == set(NEW)
    rows = desk.get(f"/api/v1/comparisons/{made.pk}/data/").json()["rows"]
    assert len(rows["position"]) == 5
    assert rows["shown_ms"][0][0] > 9900


@pytest.mark.parametrize("name", FILES)
def test_every_section_is_a_file_with_its_dictionary(desk, made, name):
    response = desk.get(f"/analysis/{made.study_id}/{made.pk}/{name}.csv")
    assert response.status_code == 200
    lines = parsed(name, made.result)
    assert lines
    explained = {line["column"] for line in parsed("dictionary", made.result) if line["file"] == f"{name}.csv"}
    assert set(EXPORTS[name].header) == explained
    assert len(set(EXPORTS[name].header)) == len(EXPORTS[name].header)


def test_the_files_hold_the_unrounded_numbers(made):
    result = made.result
    first = parsed("subgroups", result)[0]
    entry = result["subgroups"]["entries"][0]
    assert float(first["difference"]) == entry["difference"]
    assert float(first["difference_upper_any"]) == entry["random"]["upper"]
    fleiss = next(line for line in parsed("agreement", result) if line["coefficient"] == "Fleiss' kappa")
    assert float(fleiss["value"]) == result["agreement"]["group"]["fleiss"]["value"]
    aided = next(line for line in parsed("aided", result) if line["reader"] == "all" and line["metric"] == "auc")
    assert float(aided["p"]) == result["aided"]["all"]["tests"]["auc"]["random"]["p_value"]
    tenths = [line for line in parsed("time", result) if line["reader"] == "SP 1" and "tenth" in line["part"]]
    assert sum(int(line["n"]) for line in tenths if line["quantity"] == "accuracy") == 120
    sides = {line["calls"] for line in parsed("flagged", result)}
    assert sides == {"All calls", "Without flagged looks"}


def test_plotly_takes_every_figure_and_the_note_travels_with_it(made):
    drawn = charts.sections(made.result | {"study": made.result["study"] | {"is_phantom": True}})
    assert set(drawn) == {
        "agreement",
        "aided",
        "speed",
        "session-accuracy",
        "session-time",
        "exposure",
        *(f"{rate}-{what}" for rate in ("sensitivity", "specificity") for what in ("rates", "difference")),
    }
    for figure in drawn.values():
        go.Figure(figure)  # refuses unknown attributes and bad values
        assert "digital phantom" in figure["layout"]["annotations"][0]["text"]


def test_the_forest_stands_where_the_numbers_are(made):
    entries = [entry for entry in made.result["subgroups"]["entries"] if entry["rate"] == "sensitivity"]
    drawn = charts.sections(made.result)
    model, readers = drawn["sensitivity-rates"]["data"]
    assert model["x"] == [entry["model"]["value"] for entry in entries]
    assert readers["x"] == [entry["readers"] for entry in entries]
    small = [entry["is_small"] for entry in entries]
    assert [symbol.endswith("open") for symbol in model["marker"]["symbol"]] == small
    *_, points = drawn["sensitivity-difference"]["data"]
    assert points["x"] == pytest.approx([100 * entry["difference"] for entry in entries])
    labels = drawn["sensitivity-rates"]["layout"]["yaxis"]["ticktext"]
    assert sum("†" in label for label in labels) == sum(small) > 0
    low, high = drawn["sensitivity-difference"]["layout"]["xaxis"]["range"]
    assert all(low < 100 * e["random"]["lower"] and 100 * e["random"]["upper"] < high for e in entries if e["random"])


@pytest.mark.parametrize("role", ["coordinator", "reader", "stranger"])
def test_the_new_files_are_for_investigators(client, made, world, make_user, role):
    user = world.coordinator if role == "coordinator" else make_user("Somebody Else")
    if role == "reader":
        Reader.objects.create(study=world.study, user=user, code="SP 9")
    client.force_login(user)
    for name in FILES:
        status = client.get(f"/analysis/{made.study_id}/{made.pk}/{name}.csv").status_code
        assert status == (404 if role == "stranger" else 403)
