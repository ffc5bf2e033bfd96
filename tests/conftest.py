"""The cast: one study with its people, a study next door with its own, and a stranger to be refused everywhere."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone, translation
from PIL import Image

PASSWORD = "correct horse battery"
PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "shared" / "reference" / "faces"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on photographs that are not part of the project are left out where those are absent."""
    absent = [] if PHOTOGRAPHS.is_dir() else [item for item in items if item.get_closest_marker("photographs")]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]
        where = "the face photographs lie beside the project, not in it"
        print(f"NOT RUN - {len(absent)} tests: {where}")  # noqa: T201


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In continuous integration nothing may be skipped."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"In CI nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path: Path) -> None:
    """Nothing a test writes outlives it, and no test needs a broker."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _speaks_english_again() -> Iterator[None]:
    """A request in another language leaves the thread that answered it speaking that language."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[tuple[str, tuple]]:
    """The messages that would have woken a worker; service tests talk to a real broker instead."""
    messages: list[tuple[str, tuple]] = []
    if not request.node.get_closest_marker("service"):
        monkeypatch.setattr("readerstudy.queue._publish", lambda name, args: messages.append((name, args)))
    return messages


@pytest.fixture(autouse=True, scope="session")
def _audit_log_lets_the_flush_through() -> Iterator[None]:
    """A transactional test ends with the emptying of every table, which the audit log's triggers would refuse."""
    from django.db import connection
    from django.test import TransactionTestCase

    from readerstudy.audit.guard import lift_guard, set_guard

    empty_all = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        lift_guard(connection)
        try:
            empty_all(case)
        finally:
            set_guard(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture
def make_user(db) -> Callable:
    from readerstudy.accounts.models import User

    def make(name: str, **fields):
        return User.objects.create_user(f"{name.lower().replace(' ', '.')}@example.org", PASSWORD, name=name, **fields)

    return make


@pytest.fixture
def coordinator(make_user):
    return make_user("Clara Coordinator", may_coordinate=True)


@pytest.fixture
def investigator(make_user):
    return make_user("Ines Investigator")


@pytest.fixture
def reader_user(make_user):
    return make_user("Rosa Reader")


@pytest.fixture
def stranger(make_user):
    return make_user("Sam Stranger")


@pytest.fixture
def make_cohort(db) -> Callable:
    """A cohort of ``n`` tiny pictures, alternately GS and control, all ready, with crops and renditions."""
    from readerstudy.studies.models import Cohort, Face, Photo, Subject

    def make(owner, name: str = "Cohort", n: int = 12):
        cohort = Cohort.objects.create(name=name, created_by=owner, kind=Cohort.Kind.TEST)
        for i in range(n):
            has = i % 2 == 0
            subject = Subject.objects.create(
                cohort=cohort,
                code=f"T{i:03d}",
                has_syndrome=has,
                diagnosis="Noonan" if has else "",
                age_months=12.0 + i,
                sex="FM"[i % 2],
            )
            data = io.BytesIO()
            Image.new("RGB", (224, 224), (40 + i, 90, 120)).save(data, "PNG")
            photo = Photo.objects.create(
                subject=subject,
                cohort=cohort,
                original_name=f"{i}.png",
                sha256=f"{cohort.pk:08d}{i:056d}",
                width=224,
                height=224,
                status=Photo.Status.READY,
            )
            photo.file.save(f"{photo.token}.png", ContentFile(data.getvalue()))
            face = Face(
                photo=photo,
                is_found=True,
                box=[40, 40, 140, 140],
                landmarks=[[80, 90], [144, 90], [112, 125], [88, 160], [136, 160]],
                confidence=0.99,
                eye_distance=64,
                detector_version="test",
            )
            face.crop.save(f"{photo.token}.png", ContentFile(data.getvalue()), save=False)
            face.rendition.save(f"{photo.token}.png", ContentFile(data.getvalue()), save=False)
            face.save()
        return cohort

    return make


@pytest.fixture
def make_study(db, make_cohort) -> Callable:
    """An open study over a whole new cohort, with its coordinator, investigator and one reader (SP 1)."""
    from readerstudy.studies.models import Case, Membership, Protocol, Reader, Study

    def make(coordinator, investigator, reader, *, name: str = "Study", n: int = 12, practice: int = 0, **protocol):
        cohort = make_cohort(coordinator, f"Cohort of {name}", n)
        study = Study.objects.create(
            cohort=cohort, name=name, created_by=coordinator, status="open", opened_at=timezone.now()
        )
        Protocol.objects.create(study=study, frozen_at=timezone.now(), digest="0" * 64, **protocol)
        for i, photo in enumerate(cohort.photos.order_by("id")):
            Case.objects.create(study=study, photo=photo, number=i + 1, is_practice=i < practice)
        Membership.objects.create(study=study, user=coordinator, role="coordinator")
        Membership.objects.create(study=study, user=investigator, role="investigator")
        Reader.objects.create(study=study, user=reader, code="SP 1")
        return study

    return make


@pytest.fixture
def study(make_study, coordinator, investigator, reader_user):
    return make_study(coordinator, investigator, reader_user)


@pytest.fixture
def neighbour(make_study, make_user):
    """A study next door with people of its own: what they may do there, they may not do here."""
    return make_study(
        make_user("Nora Coordinator", may_coordinate=True),
        make_user("Nils Investigator"),
        make_user("Nina Reader"),
        name="Neighbour",
    )
