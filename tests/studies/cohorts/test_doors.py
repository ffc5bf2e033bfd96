"""Who may enter which door of the import room, over every URL and API route, and what the pages cost."""

import re

import pytest
from django.urls import reverse

from readerstudy.studies.api_urls_cohorts import urlpatterns as api_urls
from readerstudy.studies.models import ImportBatch, Photo
from readerstudy.studies.urls_cohorts import urlpatterns as page_urls

pytestmark = pytest.mark.django_db

# name -> (method, who may beside the coordinator): an investigator looks at pictures and changes nothing.
PAGES = {
    "cohort_list": ("get", "investigator"),
    "cohort_new": ("get", ""),
    "manifest_template": ("get", "everybody"),
    "cohort": ("get", "investigator"),
    "cohort_progress": ("get", "investigator"),
    "cohort_manifest": ("get", "investigator"),
    "face_views": ("get", ""),
    "face_views_csv": ("post", ""),
    "cohort_import": ("get", ""),
    "import_report": ("get", ""),
    "import_state": ("get", ""),
    "import_csv": ("get", ""),
    "import_confirm": ("post", ""),
    "import_discard": ("post", ""),
    "likeness": ("get", "investigator"),
    "likeness_decide": ("post", ""),
    "packets": ("get", ""),
    "packets_zip": ("get", "investigator"),
    "review": ("get", ""),
    "photo": ("get", "investigator"),
    "photo_accept": ("post", ""),
    "photo_refuse": ("post", ""),
    "photo_index": ("post", ""),
    "photo_instead": ("post", ""),
    "photo_landmarks": ("get", ""),
    "photo_file": ("get", "investigator"),
    "subject": ("get", "investigator"),
    "subject_facts": ("post", ""),
    "withdraw": ("post", ""),
}
API = {
    "cohorts": ("get", "everybody"),  # a list of one's own: empty for the others
    "cohort": ("get", "investigator"),
    "face_views": ("get", ""),
    "imports": ("post", ""),
    "import": ("get", ""),
    "import_lines": ("get", ""),
    "import_confirm": ("post", ""),
    "import_discard": ("post", ""),
    "uploads": ("post", ""),
    "upload_files": ("get", ""),
    "upload_complete": ("post", ""),
    "subjects": ("get", "investigator"),
    "subject": ("get", "investigator"),
    "subject_facts": ("post", ""),
    "packets": ("get", "investigator"),
    "likeness": ("get", "investigator"),
    "photos": ("get", "investigator"),
    "photo": ("get", "investigator"),
    "photo_file": ("get", "investigator"),
    "photo_index": ("post", ""),
    "photo_instead": ("post", ""),
    "photo_accept": ("post", ""),
    "photo_refuse": ("post", ""),
    "photo_landmarks": ("post", ""),
    "withdraw": ("post", ""),
}
DOORS = [("studies", name, *door) for name, door in PAGES.items()] + [
    ("studies_api", name, *door) for name, door in API.items()
]


@pytest.fixture
def batch(study, coordinator):
    return ImportBatch.objects.create(cohort=study.cohort, created_by=coordinator, status="finished")


@pytest.fixture
def knock(client, study, batch):
    """``knock(user, namespace, name, method)`` -> the response of one door of the study's cohort."""
    photo = study.cohort.photos.first()
    numbers = {"pk": study.cohort_id, "batch_pk": batch.pk, "photo_pk": photo.pk, "subject_pk": photo.subject_id,
               "other_pk": photo.pk}  # fmt: skip

    def knock(user, namespace, name, method):
        route = next(p.pattern._route for p in (page_urls if namespace == "studies" else api_urls) if p.name == name)
        wanted = re.findall(r"<(?:int|slug):(\w+)>", route)
        url = reverse(f"{namespace}:{name}", kwargs={key: {**numbers, "kind": "photo"}[key] for key in wanted})
        client.logout()
        if user:
            client.force_login(user)
        return getattr(client, method)(url)

    return knock


def test_the_matrix_below_names_every_door():
    assert {p.name for p in page_urls} == PAGES.keys()
    assert {p.name for p in api_urls} == API.keys()


def test_the_coordinator_enters_every_door(knock, coordinator):
    closed = {door for door in DOORS if knock(coordinator, *door[:3]).status_code in {401, 403, 404}}
    assert closed == set()


@pytest.mark.parametrize("role", ["investigator", "reader"])
def test_another_role_enters_only_what_is_meant_for_it(knock, investigator, reader_user, role):
    user = investigator if role == "investigator" else reader_user
    got = {door: knock(user, *door[:3]).status_code for door in DOORS}
    assert got == {door: 200 if door[3] in {"everybody", role} else 403 for door in DOORS}


def test_strangers_and_neighbours_find_nothing(knock, neighbour, stranger):
    neighbours = [m.user for m in neighbour.memberships.all()] + [r.user for r in neighbour.readers.all()]
    for user in [stranger, *neighbours]:
        for door in DOORS:
            response = knock(user, *door[:3])
            if door[1] in {"cohort_list", "cohort_new", "manifest_template", "cohorts"}:
                assert b"Cohort of Study" not in response.content  # they name no cohort, and show none of ours
            else:
                assert response.status_code == 404, (user, door)


def test_without_signing_in_no_door_opens(knock):
    for door in DOORS:
        response = knock(None, *door[:3])
        if door[0] == "studies":
            assert response.status_code == 302, door
            assert response["Location"].startswith(reverse("accounts:sign_in"))
        else:
            assert response.status_code in {401, 403}, door


def test_photos_are_streamed_uncached_under_a_fixed_type(knock, coordinator):
    response = knock(coordinator, "studies", "photo_file", "get")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_erased_photo_is_not_served(knock, study, coordinator):
    from readerstudy.studies.services.cohorts import withdraw_consent

    withdraw_consent(subject=study.cohort.photos.first().subject, by=coordinator)
    assert knock(coordinator, "studies", "photo_file", "get").status_code == 404
    assert knock(coordinator, "studies", "photo", "get").status_code == 200


def test_a_photo_of_another_cohort_is_not_found_under_ones_own(client, study, neighbour, coordinator):
    client.force_login(coordinator)
    foreign = neighbour.cohort.photos.first()
    assert client.get(reverse("studies:photo_file", args=[study.cohort_id, foreign.pk, "photo"])).status_code == 404
    assert client.post(reverse("studies:photo_accept", args=[study.cohort_id, foreign.pk])).status_code == 404


@pytest.mark.parametrize("name", ["cohort_list", "cohort", "import_report"])
def test_a_list_page_asks_the_database_equally_often_whatever_its_length(client, make_cohort, coordinator, name):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from readerstudy.studies.models import ImportLine

    client.force_login(coordinator)
    counts = []
    for n in (2, 30):
        for i in range(n if name == "cohort_list" else 1):
            cohort = make_cohort(coordinator, f"{name} {n} {i}", 1 if name == "cohort_list" else n)
        batch = ImportBatch.objects.create(cohort=cohort, created_by=coordinator, status="finished")
        photos = list(cohort.photos.all())
        ImportLine.objects.bulk_create(
            ImportLine(batch=batch, number=i, file=f"{i}.jpg", verdict="added", photo=photo)
            for i, photo in enumerate(photos)
        )
        args = {"cohort_list": [], "cohort": [cohort.pk], "import_report": [cohort.pk, batch.pk]}[name]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse(f"studies:{name}", args=args)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_an_empty_list_says_what_to_do(client, coordinator):
    client.force_login(coordinator)
    page = client.get(reverse("studies:cohort_list")).content.decode()
    assert "No cohort yet" in page
    assert reverse("studies:cohort_new") in page


def test_the_word_phantom_stands_wherever_a_phantom_cohort_is_listed(client, coordinator):
    from readerstudy.studies.services.cohorts import create_cohort

    cohort = create_cohort(name="Drawn", kind="phantom", created_by=coordinator)
    client.force_login(coordinator)
    for url in (reverse("studies:cohort_list"), reverse("studies:cohort", args=[cohort.pk])):
        assert ">phantom</span>" in client.get(url).content.decode()


def test_names_from_outside_are_escaped(client, study, coordinator):
    photo = study.cohort.photos.first()
    Photo.objects.filter(pk=photo.pk).update(original_name="<img src=x onerror=alert(1)>.jpg")
    client.force_login(coordinator)
    page = client.get(reverse("studies:photo", args=[study.cohort_id, photo.pk])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_reader_reaches_no_photo_of_the_study_through_this_room(client, study, reader_user):
    client.force_login(reader_user)
    for photo in study.cohort.photos.all():
        for kind in ("photo", "small", "rendition", "crop"):
            url = reverse("studies:photo_file", args=[study.cohort_id, photo.pk, kind])
            assert client.get(url).status_code == 403
