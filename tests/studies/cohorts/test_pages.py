"""The coordinator's way through the pages, and a script's through the API."""

import io
import zipfile

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from readerstudy.studies.models import Cohort, ImportBatch, Photo
from readerstudy.studies.services.cohorts import create_cohort, run_import

pytestmark = pytest.mark.django_db
MANIFEST = b"subject_id,file,label\nA,a.jpg,GS\nB,b.jpg,control\nC,c.jpg,GS\n"


def picture(seed: int) -> bytes:
    cells = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells).resize((160, 200)).save(out, "JPEG")
    return out.getvalue()


def files(manifest: bytes = MANIFEST) -> dict[str, SimpleUploadedFile]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", picture(1))
        archive.writestr("b.jpg", picture(2))
        archive.writestr("c.jpg", b"no picture")
    return {"photos": SimpleUploadedFile("p.zip", out.getvalue()), "manifest": SimpleUploadedFile("m.csv", manifest)}


@pytest.fixture
def cohort(client, coordinator):
    client.force_login(coordinator)
    return create_cohort(name="Clinic", created_by=coordinator)


def test_a_new_cohort_leads_to_its_import(client, coordinator):
    client.force_login(coordinator)
    response = client.post(reverse("studies:cohort_new"), {"name": " My  clinic ", "kind": "patients"})
    cohort = Cohort.objects.get(name="My clinic")
    assert response["Location"] == reverse("studies:cohort_import", args=[cohort.pk])


def test_a_name_is_given_once(client, cohort):
    response = client.post(reverse("studies:cohort_new"), {"name": "Clinic", "kind": "patients"})
    assert response.status_code == 200
    assert Cohort.objects.count() == 1


def test_an_upload_becomes_a_waiting_import_and_then_a_report(client, cohort):
    response = client.post(reverse("studies:cohort_import", args=[cohort.pk]), files())
    batch = ImportBatch.objects.get()
    url = reverse("studies:import_report", args=[cohort.pk, batch.pk])
    assert response["Location"] == url
    assert "Waiting for a worker" in client.get(url).content.decode()
    run_import(batch_id=batch.pk)
    page = client.get(url).content.decode()
    assert "Not a picture in a format that can be read" in page
    assert "Waiting for a worker" not in page
    only_refused = client.get(url, {"verdict": "rejected"}).content.decode()
    assert "c.jpg" in only_refused
    assert "a.jpg" not in only_refused
    csv = b"".join(client.get(reverse("studies:import_csv", args=[cohort.pk, batch.pk])).streaming_content).decode()
    assert len(csv.splitlines()) == 4


def test_the_page_script_is_answered_in_json(client, cohort):
    url = reverse("studies:cohort_import", args=[cohort.pk])
    response = client.post(url, files(), headers={"accept": "application/json"})
    assert response.status_code == 201
    batch = ImportBatch.objects.get()
    assert response.json()["url"] == reverse("studies:import_report", args=[cohort.pk, batch.pk])
    state = client.get(reverse("studies:import_state", args=[cohort.pk, batch.pk])).json()
    assert (state["status"], state["is_over"]) == ("queued", False)
    response = client.post(url, {}, headers={"accept": "application/json"})
    assert response.status_code == 400
    assert "Photos" in response.json()["detail"]


def test_a_refused_import_says_why_on_its_page(client, cohort):
    client.post(reverse("studies:cohort_import", args=[cohort.pk]), files(b"subject_id,file,patient name\n"))
    batch = run_import(batch_id=ImportBatch.objects.get().pk)
    page = client.get(reverse("studies:import_report", args=[cohort.pk, batch.pk])).content.decode()
    assert "Refused: nothing was stored" in page
    assert "patient name" in page


def test_an_upload_over_the_limit_is_refused_unread(client, cohort, settings):
    settings.UPLOAD_MAX_MB = 0
    response = client.post(reverse("studies:cohort_import", args=[cohort.pk]), files())
    assert response.status_code == 413
    assert not ImportBatch.objects.exists()


def test_an_upload_needs_the_forms_token(cohort, coordinator):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(coordinator)
    assert client.post(reverse("studies:cohort_import", args=[cohort.pk]), files()).status_code == 403


def test_the_review_queue_goes_from_photo_to_photo(client, study, coordinator):
    client.force_login(coordinator)
    first, second = study.cohort.photos.order_by("id")[:2]
    Photo.objects.filter(pk__in=[first.pk, second.pk]).update(status="review")
    study.cases.filter(photo__in=[first, second]).delete()
    url = reverse("studies:review", args=[study.cohort_id])
    page = client.get(url).content.decode()
    assert "2 photos to look at" in page
    assert page.split("Where the face finder")[1].count("<circle") == 5
    client.post(reverse("studies:photo_accept", args=[study.cohort_id, first.pk]), {"from": "review"})
    assert "1 photo to look at" in client.get(url).content.decode()
    client.post(
        reverse("studies:photo_refuse", args=[study.cohort_id, second.pk]), {"from": "review", "reason": "Blurred"}
    )
    assert "Nothing to look at" in client.get(url).content.decode()
    assert [Photo.objects.get(pk=p.pk).status for p in (first, second)] == ["ready", "unusable"]


def test_withdrawing_asks_twice(client, study, coordinator):
    client.force_login(coordinator)
    subject = study.cohort.subjects.first()
    url = reverse("studies:withdraw", args=[study.cohort_id, subject.pk])
    assert client.post(url, {}).status_code == 400
    assert subject.photos.get().file
    assert client.post(url, {"sure": "on"}).status_code == 302
    assert not subject.photos.get().file
    page = client.get(reverse("studies:subject", args=[study.cohort_id, subject.pk])).content.decode()
    assert "Consent was withdrawn on" in page


def test_the_cohort_page_describes_both_groups(client, study, coordinator):
    client.force_login(coordinator)
    page = client.get(reverse("studies:cohort", args=[study.cohort_id])).content.decode()
    assert "17.0 ± 3.7" in page  # ages 12, 14 ... 22: mean 17, SD 3.742 with n - 1
    assert "18.0 ± 3.7" in page
    assert "Noonan" in page


def test_a_script_does_the_same_through_the_api(client, coordinator):
    client.force_login(coordinator)
    made = client.post("/api/v1/cohorts/", {"name": "By script", "kind": "test"}, content_type="application/json")
    assert made.status_code == 201
    pk = made.json()["id"]
    started = client.post(f"/api/v1/cohorts/{pk}/imports/", files())
    assert started.status_code == 202
    batch = started.json()["id"]
    run_import(batch_id=batch)
    state = client.get(f"/api/v1/cohorts/{pk}/imports/{batch}/").json()
    assert state["is_over"]
    assert state["verdicts"] == {"added": 2, "review": 0, "rejected": 1, "ignored": 0}
    lines = client.get(f"/api/v1/cohorts/{pk}/imports/{batch}/lines/", {"verdict": "rejected"}).json()
    assert [line["file"] for line in lines["results"]] == ["c.jpg"]
    assert client.get(f"/api/v1/cohorts/{pk}/").json()["photos"]["imported"] == 2
    photos = client.get(f"/api/v1/cohorts/{pk}/photos/").json()["results"]
    refused = client.post(f"/api/v1/cohorts/{pk}/photos/{photos[0]['id']}/accept/")
    assert refused.status_code == 409
    assert "wait" in refused.json()["detail"]
    again = client.post("/api/v1/cohorts/", {"name": "By script", "kind": "test"}, content_type="application/json")
    assert again.status_code in {400, 409}
    assert client.post(f"/api/v1/cohorts/{pk}/subjects/{photos[0]['subject']}/withdraw/").status_code == 204


def test_the_template_is_a_manifest_that_can_be_read(client, cohort):
    from readerstudy.studies.imports.manifest import read

    data = client.get(reverse("studies:manifest_template")).content
    assert [row.subject_id for row in read(data).rows] == ["P001", "P002"]
