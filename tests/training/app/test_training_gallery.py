"""Held-out faces under their heat maps: who may look, in what order, and what an erased child leaves."""

import io

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from readerstudy.studies.services.cohorts import withdraw_consent
from training import gallery, work
from training.colours import VIRIDIS, overlay
from training.models import State, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(prepared, fit):
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    prepared.refresh_from_db()
    assert prepared.state == State.FINISHED
    return prepared


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def pictures(run) -> list[str]:
    token = run.predictions.first().photo.token
    of_one = [reverse(f"training:{name}", args=[run.pk, token]) for name in ("face", "heat")]
    of_many = [reverse(f"training:mean_{name}", args=[run.pk, gallery.ALL_GS]) for name in ("face", "heat")]
    return [*of_one, *of_many, reverse("training:bar", args=[run.pk])]


def page_of(run, **query) -> tuple[str, dict]:
    return reverse("training:faces", args=[run.pk]), query


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("reader_user", 403), ("stranger", 404)])
def test_only_investigators_see_faces_and_maps(client, request, finished, who, status):
    client.force_login(request.getfixturevalue(who))
    doors = [*pictures(finished), page_of(finished)[0]]
    assert {client.get(path).status_code for path in doors} == {status}


def test_the_investigator_next_door_and_the_street_see_none(client, finished, neighbour):
    doors = [*pictures(finished), page_of(finished)[0]]
    assert {client.get(path).status_code for path in doors} == {302}
    client.force_login(neighbour.memberships.get(role="investigator").user)
    assert {client.get(path).status_code for path in doors} == {404}


def test_pictures_are_png_and_kept_by_no_browser(as_investigator, finished):
    for path in pictures(finished):
        answer = as_investigator.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png"), path
        assert answer["Cache-Control"] == "private, no-store"
        Image.open(io.BytesIO(answer.content)).verify()


def test_a_face_whose_consent_was_withdrawn_is_gone_at_once(as_investigator, finished, coordinator):
    subject = finished.predictions.first().photo.subject
    one, heat = pictures(finished)[:2]
    withdraw_consent(subject=subject, by=coordinator)
    assert [as_investigator.get(path).status_code for path in (one, heat)] == [404, 404]
    page = as_investigator.get(page_of(finished)[0])
    assert page.context["page"].paginator.count == 19
    assert f"<b>{subject.code}</b>" not in page.content.decode()


def test_a_photo_of_no_prediction_of_the_run_is_not_served(as_investigator, finished, neighbour):
    token = neighbour.cohort.photos.first().token
    assert as_investigator.get(reverse("training:face", args=[finished.pk, token])).status_code == 404


def set_scores(run) -> list:
    """Four told apart: GS missed by far, control called GS, both right; all others stand at 0.5 on the right side."""
    gs = list(run.predictions.filter(photo__subject__has_syndrome=True).order_by("photo__subject__code"))
    controls = list(run.predictions.filter(photo__subject__has_syndrome=False).order_by("photo__subject__code"))
    run.predictions.filter(photo__subject__has_syndrome=False).update(score=0.4, calibrated=0.4)
    for row, score, calibrated in ((gs[0], 0.1, 0.05), (controls[0], 0.8, 0.9), (gs[1], 0.9, None)):
        run.predictions.filter(pk=row.pk).update(score=score, calibrated=calibrated)
    return [gs[0], controls[0], gs[1]]


def test_the_largest_error_comes_first_and_filters_hold(finished):
    missed, called, right = set_scores(finished)
    rows = list(gallery.ranked(finished))
    assert [rows[0], rows[1], rows[-1]] == [missed, called, right]
    assert [row.error for row in (rows[0], rows[1], rows[-1])] == pytest.approx([0.95, 0.9, 0.1])
    assert list(gallery.ranked(finished, calls="wrong")) == [missed, called]
    assert list(gallery.ranked(finished, calls="wrong", truth="control")) == [called]
    assert gallery.ranked(finished, truth="gs").count() == 10


def test_the_page_shows_scores_truth_and_call(as_investigator, finished):
    missed, called, _ = set_scores(finished)
    path, query = page_of(finished, calls="wrong")
    page = as_investigator.get(path, query).content.decode()
    assert page.index(f"<b>{missed.photo.subject.code}</b>") < page.index(f"<b>{called.photo.subject.code}</b>")
    assert "score 0.100, calibrated 0.050" in page
    assert "GS missed" in page
    assert "called GS" in page
    assert "10 of 10</b>" in page
    assert "GS: Noonan" in page


def test_a_page_holds_24_faces_and_the_next_the_rest(as_investigator, finished, monkeypatch):
    assert gallery.PAGE == 24
    monkeypatch.setattr(gallery, "PAGE", 8)
    path, query = page_of(finished, page=3)
    answer = as_investigator.get(path, query)
    assert (len(answer.context["page"].object_list), answer.context["page"].has_next()) == (4, False)
    assert as_investigator.get(path, {"calls": "magic", "page": "magic"}).status_code == 200


def test_maps_lie_on_the_face_from_half_of_their_heat_on(finished):
    first, second = finished.predictions.filter(photo__subject__has_syndrome=True)[:2]
    finished.predictions.filter(pk=first.pk).update(heat_share=0.49)
    finished.predictions.filter(pk=second.pk).update(heat_share=None)
    gs, controls = gallery.on_face(finished)
    assert (gs.label, gs.on_face, gs.maps) == ("GS", 8, 9)
    assert (controls.on_face, controls.maps) == (10, 10)


def test_mean_maps_need_five_faces_and_are_means(finished):
    labels = [(group.label, group.maps) for group in gallery.groups(finished)]
    assert labels == [("All GS", 10), ("All controls", 10), ("Noonan", 10)]
    mean = gallery.mean_map(finished, gallery.groups(finished)[2])
    assert (mean[25, 25], mean[5, 5]) == (255, 0)
    crops = [40 + i for i in range(0, 20, 2)]
    assert gallery.mean_face(finished, gallery.groups(finished)[0])[0, 0, 0] == round(np.mean(crops))
    few = finished.predictions.filter(photo__subject__has_syndrome=True).values_list("pk", flat=True)[:6]
    finished.predictions.filter(pk__in=list(few)).update(heat_share=None)
    assert [group.label for group in gallery.groups(finished)] == ["All controls"]


@pytest.mark.parametrize("state", [State.RUNNING, State.CANCELLED, State.FAILED])
def test_a_run_that_did_not_finish_shows_no_face(as_investigator, finished, state):
    paths = pictures(finished)[:4]
    TrainingRun.objects.filter(pk=finished.pk).update(state=state)
    assert {as_investigator.get(path).status_code for path in paths} == {404}
    assert "when every fold has been trained" in as_investigator.get(page_of(finished)[0]).content.decode()


def test_cold_places_leave_the_face_clear_and_brightness_rises_with_heat():
    shown = overlay(np.array([[0, 128, 255]], np.uint8))
    assert shown[0, :, 3].tolist() == [0, 102, 204]
    assert shown[0, 2, :3].tolist() == [253, 231, 37]
    lightness = VIRIDIS @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()
