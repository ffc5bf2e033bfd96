"""Many single photos in a browser: a folder with its manifest, a network that fails, a reload in between."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from readerstudy.studies.models import ImportBatch, Photo
from readerstudy.studies.services.cohorts import create_cohort, run_import

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
N = 45  # three requests of at most 20
FILES = re.compile(r"/api/v1/cohorts/\d+/uploads/\d+/files/$")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clinic"
    folder.mkdir()
    rows = ["subject_id,file,label"]
    for i in range(N):
        cells = np.random.default_rng(i).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(cells).resize((96, 120)).save(out, "JPEG")
        (folder / f"{i:03d}.jpg").write_bytes(out.getvalue())
        rows.append(f"P{i:03d},{i:03d}.jpg,{('GS', 'control')[i % 2]}")
    (folder / "list.csv").write_text("\n".join(rows))
    (folder / ".DS_Store").write_bytes(b"litter")
    return folder


@pytest.fixture
def import_page(open_page, live_server, coordinator):
    cohort = create_cohort(name="Clinic", created_by=coordinator)
    page = open_page(coordinator)
    page.goto(live_server.url + reverse("studies:cohort_import", args=[cohort.pk]))
    return page


def choose(page, folder: Path) -> None:
    page.set_input_files("[data-folder] input", folder)
    page.get_by_text(f"{N} files").wait_for()


def confirm(page) -> None:
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    run_import(batch_id=ImportBatch.objects.get().pk)
    page.get_by_role("button", name=f"Add {N} photos to the cohort").click()
    page.get_by_text("Waiting for a worker").wait_for()
    run_import(batch_id=ImportBatch.objects.get().pk)
    page.get_by_role("link", name="To the cohort").wait_for()
    assert Photo.objects.count() == N


def posts(page) -> list[int]:
    """Grows by one for each piece that is sent."""
    seen: list[int] = []
    page.on("request", lambda r: seen.append(1) if r.method == "POST" and FILES.search(r.url) else None)
    return seen


def test_a_folder_with_its_manifest_needs_no_zip(import_page, folder):
    sent = posts(import_page)
    choose(import_page, folder)
    assert "list.csv" in import_page.locator("[data-chosen]").nth(1).inner_text()
    import_page.get_by_role("button", name="Upload and check").click()
    confirm(import_page)
    assert len(sent) == 3


def test_a_lost_network_is_waited_for(import_page, folder):
    lost = []

    def drop_the_second_and_third(route):
        if route.request.method == "POST":
            lost.append(1)
            if len(lost) in {2, 3}:
                return route.abort("internetdisconnected")
        return route.continue_()

    import_page.route(FILES, drop_the_second_and_third)
    choose(import_page, folder)
    import_page.get_by_role("button", name="Upload and check").click()
    import_page.get_by_text("goes on by itself").wait_for()
    confirm(import_page)
    assert len(lost) == 5


def test_after_a_reload_only_the_missing_photos_are_sent(import_page, folder):
    sent = posts(import_page)
    import_page.route(FILES, lambda route: route.abort() if len(sent) > 1 else route.continue_())
    choose(import_page, folder)
    import_page.get_by_role("button", name="Upload and check").click()
    import_page.get_by_text("goes on by itself").wait_for()
    import_page.on("dialog", lambda dialog: dialog.accept())
    import_page.reload()
    import_page.unroute_all()  # only now: the page would have gone on by itself
    import_page.get_by_text("20 of 45 photos are here").wait_for()
    assert import_page.locator("#id_manifest").count() == 0
    sent.clear()
    choose(import_page, folder)
    import_page.get_by_role("button", name="Go on and check").click()
    confirm(import_page)
    assert len(sent) == 2


def test_a_manifest_that_identifies_persons_is_refused_before_a_photo_is_sent(import_page, folder):
    sent = posts(import_page)
    manifest = (folder / "list.csv").read_text().replace("label", "label,patient_name", 1)
    (folder / "list.csv").write_text(manifest)
    choose(import_page, folder)
    import_page.get_by_role("button", name="Upload and check").click()
    import_page.get_by_text("columns that identify a person: patient_name").wait_for()
    assert not sent
    assert not ImportBatch.objects.exists()


def test_an_incomplete_upload_is_thrown_away_to_begin_anew(import_page, folder, coordinator):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from readerstudy.studies.models import Cohort
    from readerstudy.studies.services.uploads import begin_upload

    manifest = SimpleUploadedFile("list.csv", (folder / "list.csv").read_bytes())
    begin_upload(cohort=Cohort.objects.get(), manifest=manifest, n_files=N, created_by=coordinator)
    import_page.set_viewport_size({"width": 390, "height": 844})
    import_page.reload()
    assert import_page.evaluate("document.documentElement.scrollWidth") <= 390
    import_page.get_by_role("button", name="Throw it away").click()
    import_page.get_by_text("The upload is thrown away").wait_for()
    assert import_page.locator("#id_manifest").count() == 1
