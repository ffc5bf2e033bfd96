"""The import door in a browser: two files dropped, a report that fills itself, a review by keyboard."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from readerstudy.studies.models import Cohort, ImportBatch, Photo
from readerstudy.studies.services.cohorts import create_cohort, run_import, start_import

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ARCHIVES = Path(__file__).parents[1] / "data" / "bad-inputs" / "archives"
MANIFEST = b"subject_id,file,label\nA,001.jpg,GS\nB,002.jpg,control\nC,nowhere.jpg,GS\n"


def test_an_upload_ends_in_a_report_that_fills_itself(open_page, live_server, coordinator):
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:cohort_import", args=[cohort.pk]))
    page.set_input_files("#id_photos", ARCHIVES / "good.zip")
    page.set_input_files("#id_manifest", {"name": "m.csv", "mimeType": "text/csv", "buffer": MANIFEST})
    assert "good.zip" in page.locator("[data-chosen]").first.inner_text()
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    page.get_by_text("Waiting for a worker").wait_for()
    run_import(batch_id=ImportBatch.objects.get().pk)
    page.get_by_text("Nothing is stored yet").wait_for()  # without a reload
    assert page.locator("table.lines tbody tr").count() == 7
    assert page.locator("td", has_text="not among the files").count() == 1
    assert not Photo.objects.exists()
    page.get_by_role("button", name="Add 2 photos to the cohort").click()
    page.get_by_text("Waiting for a worker").wait_for()
    run_import(batch_id=ImportBatch.objects.get().pk)
    page.get_by_role("link", name="To the cohort").wait_for()
    assert Photo.objects.count() == 2


def test_files_that_are_chosen_before_the_script_is_there_are_sent(open_page, live_server, coordinator):
    """Over a slow network: the page is drawn, its script is still on the way."""
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    page, held = open_page(coordinator), []
    page.route("**/cohorts/upload*.js", lambda route: held.append(route))
    page.goto(live_server.url + reverse("studies:cohort_import", args=[cohort.pk]), wait_until="commit")
    page.wait_for_selector("#id_photos")
    page.set_input_files("#id_photos", ARCHIVES / "good.zip")
    page.set_input_files("#id_manifest", {"name": "m.csv", "mimeType": "text/csv", "buffer": MANIFEST})
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('[data-chosen]').textContent.includes('good.zip')")
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    assert ImportBatch.objects.count() == 1


def test_a_checked_import_is_thrown_away_in_the_browser(open_page, live_server, coordinator):
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    batch = start_import(
        cohort=cohort,
        archive=ARCHIVES / "good.zip",
        manifest=SimpleUploadedFile("m.csv", MANIFEST),
        created_by=coordinator,
        wake=False,
        is_checked_first=True,
    )
    run_import(batch_id=batch.pk)
    page = open_page(coordinator, viewport=(390, 844))
    page.goto(live_server.url + reverse("studies:import_report", args=[cohort.pk, batch.pk]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Throw away").click()
    page.get_by_text("Thrown away: nothing of this import is in the cohort").wait_for()
    assert not Photo.objects.exists()


def test_a_refused_upload_says_so_in_place(open_page, live_server, coordinator, settings):
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:cohort_import", args=[cohort.pk]))
    page.set_input_files("#id_photos", ARCHIVES / "good.zip")
    page.set_input_files("#id_manifest", {"name": "m.csv", "mimeType": "text/csv", "buffer": MANIFEST})
    settings.UPLOAD_MAX_MB = 0
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_text("larger than 0 MB").wait_for()


def test_zip_and_manifest_dropped_together_find_their_fields(open_page, live_server, coordinator):
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    page = open_page(coordinator, viewport=(390, 844))
    page.goto(live_server.url + reverse("studies:cohort_import", args=[cohort.pk]))
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "photos.zip"));
            transfer.items.add(new File(["y"], "list.csv"));
            const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.querySelector("[data-drop]").dispatchEvent(drop);
        }"""
    )
    chosen = page.locator("[data-chosen]").all_inner_texts()
    assert chosen[0].startswith("photos.zip")
    assert chosen[1].startswith("list.csv")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_review_queue_is_worked_by_keyboard(open_page, live_server, study, coordinator):
    photos = list(study.cohort.photos.order_by("id")[:2])
    study.cases.all().delete()
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).update(status="review")
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:review", args=[study.cohort_id]))
    page.keyboard.press("a")
    page.get_by_text("1 photo to look at").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("Out of focus")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing to look at").wait_for()
    assert [Photo.objects.get(pk=photo.pk).status for photo in photos] == ["ready", "unusable"]


def test_the_faces_of_a_cohort_count_up_without_a_reload(open_page, live_server, study, coordinator):
    Cohort.objects.filter(pk=study.cohort_id).update(name="Counting")
    Photo.objects.filter(cohort=study.cohort).update(status="imported")
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:cohort", args=[study.cohort_id]))
    page.get_by_text("Finding faces").wait_for()
    Photo.objects.filter(cohort=study.cohort).update(status="ready")
    page.get_by_text("Finding faces").wait_for(state="hidden")
    assert page.locator('[data-count="ready"]').inner_text() == "12"
