"""Marking a face by hand in a browser: a point dragged, a point nudged by the arrow keys, saved."""

import pytest
from django.urls import reverse

from readerstudy.studies.models import Photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("viewport", [(1280, 900), (390, 844)])
def test_points_are_dragged_and_nudged_and_saved(open_page, live_server, study, coordinator, viewport):
    photo = study.cohort.photos.order_by("id").first()
    study.cases.all().delete()
    Photo.objects.filter(pk=photo.pk).update(status="review")
    page = open_page(coordinator, viewport=viewport)
    page.goto(live_server.url + reverse("studies:review", args=[study.cohort_id]))
    page.keyboard.press("l")
    page.wait_for_url("**/landmarks/**")
    eye = page.get_by_role("slider", name="Eye on the left")
    eye.scroll_into_view_if_needed()
    box = eye.locator(".dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 8, y - 5, steps=3)
    page.mouse.up()
    nose = page.get_by_role("slider", name="Tip of the nose")
    nose.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    painted = page.evaluate(
        "() => [...document.querySelectorAll('canvas')].map((c) => c.getContext('2d').getImageData(c.width / 2, "
        "c.height / 2, 1, 1).data[2])"
    )
    assert all(abs(blue - 120) < 8 for blue in painted)  # the picture's own colour, not the empty grey
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    page.get_by_role("button", name="Save and accept").click()
    page.get_by_text("Nothing to look at").wait_for()
    face = Photo.objects.select_related("face").get(pk=photo.pk).face
    assert face.detector_version == "by hand"
    left, right, tip = face.landmarks[:3]
    assert left[0] < 80
    assert left[1] < 90
    assert right == [144, 90]
    assert tip[0] > 112
    assert tip[1] > 125


def test_swapped_eyes_cannot_be_saved(open_page, live_server, study, coordinator):
    photo = study.cohort.photos.order_by("id").first()
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:photo_landmarks", args=[study.cohort_id, photo.pk]))
    page.get_by_text("The points as numbers").click()
    page.fill("[name=x0]", "150")
    page.fill("[name=x1]", "80")
    page.keyboard.press("Tab")
    page.get_by_text("Left and right are swapped").wait_for()
    assert page.get_by_role("button", name="Save and accept").is_disabled()
