"""Who missed what: selections, orders, the matrix, the telling disagreements and one case's page."""

import numpy as np
import pytest

from screening.analysis.cases import (
    FALSE_ALARM,
    FILTERS,
    MISSED_GS,
    NOT_READ,
    RIGHT_CONTROL,
    RIGHT_GS,
    SORTS,
    Choice,
    chosen,
    difficulty,
    entry,
    matrix,
    telling,
)
from screening.analysis.options import Options
from screening.services import compare
from tests.screening.app.paperlike import build, read_all
from tests.screening.app.test_tables import finished_run
from training.models import Prediction


@pytest.fixture
def world(db):
    return build(n=90, status="open", kind="phantom")


@pytest.fixture
def made(world):
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def desk(client, world):
    client.force_login(world.investigator)
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def entries(result, **choice):
    found = difficulty(result)
    return [entry(result, found, place) for place in chosen(result, found, Choice(**choice))]


def test_the_whole_cohort_is_counted_as_case_by_case(result):
    found, rows = difficulty(result), result["rows"]
    for place in range(0, 456, 7):
        truth = rows["truth"][place]
        wrong = [calls[place] is not None and (calls[place] == 1) != truth for calls in rows["calls"]]
        assert found.n_wrong[place] == sum(wrong)
        assert found.is_model_right[place] == (rows["model_call"][place] == truth)
        assert (found.margin[place] >= 0) == found.is_model_right[place] or found.margin[place] == 0


def test_every_reader_wrong_and_the_model_right_means_just_that(result):
    for case in entries(result, show="every-reader-wrong"):
        assert case["n_wrong"] == case["n_read"] == 5
        assert case["is_model_right"]
    for case in entries(result, show="every-reader-right"):
        assert case["n_wrong"] == 0
        assert not case["is_model_right"]
    assert entries(result, show="every-reader-wrong")
    assert all(0.4 <= case["share_wrong"] <= 0.6 for case in entries(result, show="split"))
    assert all(not case["truth"] and case["share_wrong"] > 0.5 for case in entries(result, show="controls-called"))


def test_a_readers_own_errors(result):
    confusion = result["readers"][2]["confusion"]
    mine = entries(result, reader="JP 1")
    assert len(mine) == confusion["fn"] + confusion["fp"]
    assert all("JP 1" in case["wrong"] for case in mine)


def test_the_orders_are_what_they_say(result):
    margins = [case["margin"] for case in entries(result, sort="model")]
    assert margins == sorted(margins)
    times = [case["median_ms"] for case in entries(result, sort="time")]
    assert times == sorted(times, reverse=True)
    numbers = [case["number"] for case in entries(result, sort="number")]
    assert numbers == sorted(numbers)
    assert {len(entries(result, sort=sort)) for sort in SORTS} == {456}


def test_the_telling_disagreements_have_the_most_readers_and_the_surest_model_first(result):
    against, with_ = telling(result, difficulty(result))
    assert against["n"] == len(entries(result, show="readers-missed"))
    assert with_["n"] == len(entries(result, show="model-missed"))
    keys = [(-case["share_wrong"], -abs(case["margin"])) for case in against["cases"]]
    assert keys == sorted(keys)
    assert against["cases"][0]["n_wrong"] == 5
    assert with_["cases"][0]["n_wrong"] == 0


def test_the_matrix_holds_the_calls(result):
    result["rows"]["calls"][4][11] = None
    found = difficulty(result)
    places = chosen(result, found, Choice(sort="number"))
    drawn = matrix(result, found, places)
    assert [row["code"] for row in drawn["rows"]] == ["Model", "SP 1", "SP 2", "JP 1", "JP 2", "JP 3"]
    assert drawn["left_out"] == 0
    own = drawn["rows"][1]["cells"]
    confusion = result["readers"][0]["confusion"]
    counts = [own.count(str(cell)) for cell in (RIGHT_GS, MISSED_GS, RIGHT_CONTROL, FALSE_ALARM)]
    assert counts == [confusion[name] for name in ("tp", "fn", "tn", "fp")]
    assert drawn["rows"][5]["cells"][11] == str(NOT_READ)


def test_ten_thousand_cases_are_cut_to_what_a_screen_can_show(result):
    rows = result["rows"]
    for name, values in rows.items():
        rows[name] = [line * 22 for line in values] if values and isinstance(values[0], list) else values * 22
    found = difficulty(result)
    places = chosen(result, found, Choice())
    drawn = matrix(result, found, places)
    assert (len(drawn["numbers"]), drawn["left_out"]) == (1000, 456 * 22 - 1000)
    assert found.share_wrong[places[0]] == 1


def test_a_case_nobody_read_is_neither_right_nor_wrong(result):
    for calls in result["rows"]["calls"]:
        calls[0] = None
    found = difficulty(result)
    assert (found.n_read[0], found.share_wrong[0]) == (0, 0)
    assert np.isnan(found.calls[:, 0]).all()
    for show in ("every-reader-wrong", "every-reader-right", "model-missed"):
        assert 0 not in chosen(result, found, Choice(show=show))


@pytest.mark.parametrize("show", FILTERS)
def test_every_selection_has_its_page(desk, made, show):
    page = text(desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/?show={show}&sort=model"))
    found = entries(made.result, show=show, sort="model")
    if found:
        assert f"/cases/{found[0]['number']}/?show={show}&amp;sort=model" in page or show == "all"
    else:
        assert "No such case" in page


def test_the_first_page_shows_the_telling_cases_and_the_matrix(desk, made):
    page = text(desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/"))
    assert "The most telling disagreements" in page
    assert "Readers wrong, model right" in page
    assert 'id="matrix-figure"' in page
    assert "The most telling" not in text(desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/?page=2"))


def test_a_case_has_every_call_and_its_neighbours(desk, made):
    order = [case["number"] for case in entries(made.result, show="gs-missed")]
    place = f"/analysis/{made.study_id}/{made.pk}/cases/"
    page = text(desk.get(f"{place}{order[1]}/?show=gs-missed"))
    assert f'rel="prev" href="{place}{order[0]}/?show=gs-missed"' in page
    assert f'rel="next" href="{place}{order[2]}/?show=gs-missed"' in page
    assert f"Number 2 of {len(order)}" in page
    case = entries(made.result, show="gs-missed")[1]
    assert f"score {case['score']:.3f}" in page
    for call in case["calls"]:
        assert call["code"] in page
        assert f"{call['response_ms'] / 1000:.1f} s" in page
    assert 'rel="prev"' not in text(desk.get(f"{place}{order[0]}/?show=gs-missed"))
    assert 'rel="next"' not in text(desk.get(f"{place}{order[-1]}/?show=gs-missed"))


def test_a_case_outside_the_list_still_has_its_page(desk, made):
    outside = next(case["number"] for case in entries(made.result) if not case["truth"])
    page = text(desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/{outside}/?show=gs-missed"))
    assert "in this list" not in page


@pytest.mark.parametrize("tail", ["9999/", "1/?show=x", "1/?sort=x", "1/?reader=Nobody", "?reader=Nobody", "?sort=x"])
def test_what_is_no_case_or_no_selection_does_not_exist(desk, made, tail):
    assert desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/{tail}").status_code == 404


def test_face_and_heat_map_come_from_where_their_doors_are_watched(
    client, study, investigator, reader_user, coordinator
):
    run = finished_run(study, investigator)
    read_all(study.readers.get(), [(case, case.number % 3 == 0) for case in study.cases.all()])
    study.protocols.update(is_blinded_until_closed=False)
    made = compare(study=study, run=run, options=Options(replicates=200), by=investigator)
    photo = study.cases.first().photo
    Prediction.objects.filter(run=run, photo=photo).update(heat_map="heat/1/1-1/x.png")
    client.force_login(investigator)
    page = text(client.get(f"/analysis/{study.pk}/{made.pk}/cases/1/"))
    heat = f"/training/{run.pk}/faces/{photo.token}/heat.png"
    assert f'src="{heat}"' in page
    assert f'src="/cohorts/{study.cohort_id}/photos/{photo.pk}/crop/"' in page
    other = text(client.get(f"/analysis/{study.pk}/{made.pk}/cases/2/"))
    assert "No heat map of this face" in other
    for user in (reader_user, coordinator):
        client.force_login(user)
        assert client.get(heat).status_code == 403


def test_an_erased_face_is_not_shown(client, study, investigator):
    run = finished_run(study, investigator)
    read_all(study.readers.get(), [(case, case.number % 3 == 0) for case in study.cases.all()])
    study.protocols.update(is_blinded_until_closed=False)
    made = compare(study=study, run=run, options=Options(replicates=200), by=investigator)
    study.cases.first().photo.__class__.objects.filter(pk=study.cases.first().photo_id).update(status="erased")
    client.force_login(investigator)
    page = text(client.get(f"/analysis/{study.pk}/{made.pk}/cases/1/"))
    assert "no picture" in page
    assert "<img" not in page.split("<main")[1]


def test_many_readers_are_named_instead_of_getting_columns(desk, made, monkeypatch):
    monkeypatch.setattr("screening.views_cases.MOST_READER_COLUMNS", 4)
    page = text(desk.get(f"/analysis/{made.study_id}/{made.pk}/cases/"))
    assert "Wrong readers" in page
    assert "SP 1, SP 2" in page


def test_both_pages_ask_few_questions(desk, made, django_assert_max_num_queries):
    for tail in ("cases/", "cases/5/"):
        with django_assert_max_num_queries(12):
            desk.get(f"/analysis/{made.study_id}/{made.pk}/{tail}")
