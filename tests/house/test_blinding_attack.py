"""A machine that is told everything a reader's computer is told, but the face, cannot tell the groups apart.

In the study that is attacked everything around the pictures says the truth: the children with a syndrome were imported
first, under names and codes of their own. The pictures themselves are noise, so that whatever is found came from the
system. And for every leak one could think of, planted on purpose, the same test fails: it can see.
"""

import io
import os
import random
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from PIL import Image

from readerstudy.reading import services
from readerstudy.reading.api.views import ReadingView
from readerstudy.reading.models import ReadingSession
from readerstudy.reading.selectors import consent_version
from readerstudy.studies import pictures
from readerstudy.studies.faces import FaceFinding
from readerstudy.studies.models import Cohort, Photo, Reader, Study, Subject
from readerstudy.studies.services.faces import put, store_face
from readerstudy.studies.services.studies import choose_cases, create_study, open_study
from tests.house.attack import assert_blind, attack, read_everything

pytestmark = pytest.mark.django_db
CASES, FEW = 456, 24
SIDE = (48, 60)
LANDMARKS = [(18.0, 24.0), (30.0, 24.0), (24.0, 30.0), (19.0, 36.0), (29.0, 36.0)]


@pytest.fixture(autouse=True)
def small_and_repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little pictures, for the sake of time; and ids drawn alike in every run, so that luck fails no build."""
    monkeypatch.setattr(pictures, "CANVAS", (64, 80))
    monkeypatch.setattr(pictures, "RENDITION_BYTES", 16 * 1024)
    monkeypatch.setattr(os, "urandom", random.Random(7).randbytes)


@pytest.fixture
def sit(make_user: Callable, coordinator: Any, client: Any) -> Callable[[int], ReadingSession]:
    """A study of ``n`` faces, imported group after group, with its only reader in front of the first one."""

    def make(n: int) -> ReadingSession:
        cohort = Cohort.objects.create(name="Attacked", created_by=coordinator, kind=Cohort.Kind.TEST)
        for number in range(n):
            _take_in(cohort, number, has_syndrome=number < n // 2)
        study = create_study(cohort=cohort, name="Attacked", created_by=coordinator)
        choose_cases(study=study, by=coordinator, seed=3)
        study = open_study(study=study, by=coordinator)
        user = make_user("Rosa Reader")
        reader = Reader.objects.create(study=study, user=user, code="SP 1")
        services.plan_sessions(reader=reader, seed=11)
        services.record_consent(reader=reader, version=consent_version(study))
        client.force_login(user)
        return services.record_device(session=reader.sessions.get(), device={"refresh_hz": 60})

    return make


def _take_in(cohort: Cohort, number: int, *, has_syndrome: bool) -> None:
    name = f"{'GS' if has_syndrome else 'control'}-{number:04d}"
    subject = Subject.objects.create(cohort=cohort, code=name, has_syndrome=has_syndrome, sex="FM"[number % 2])
    photo = Photo.objects.create(
        subject=subject, cohort=cohort, original_name=f"{name}.jpg", sha256=f"{number:064d}", width=SIDE[0],
        height=SIDE[1],
    )  # fmt: skip
    cells = np.random.default_rng(number).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(cells).resize(SIDE, Image.Resampling.BICUBIC).save(data, "JPEG", quality=95, comment=name.encode())
    put(photo.file, f"{photo.token}.jpg", data.getvalue())
    photo.save()
    store_face(photo=photo, finding=FINDING)


FINDING = FaceFinding(
    is_found=True,
    status="ready",
    detector_version="double",
    box=(10, 10, 30, 40),
    landmarks=LANDMARKS,
    confidence=0.99,
    faces_found=1,
    eye_distance=12.0,
    crop=np.full((224, 224, 3), 120, np.uint8),
)


def test_456_faces_and_not_one_word_about_the_truth(sit: Callable, client: Any) -> None:
    notes = read_everything(client, sit(CASES))
    assert (len(notes.rows), sum(notes.truth)) == (CASES, CASES // 2)
    found = assert_blind(notes)
    # It did have something to look at: names that differ, sizes of what is compressed, times of the server.
    assert {"file.end", "place.trial.token (place)", "start body.started_at (place)"} <= set(found.told)
    same_for_all = {"file.bytes", "file.width", "file.height", "photo.Content-Length"}
    assert same_for_all & set(found.told) == set()


# --- leaks, planted -------------------------------------------------------------------------------------------------


def ids_in_order(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """Numbers instead of random ids: whoever was imported first has the smaller one."""
    for trial in session.trials.select_related("case"):
        trial.token = uuid.UUID(int=trial.case.photo_id)
        trial.save(update_fields=["token"])


def order_of_the_import(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """Nobody shuffled the faces."""
    trials = list(session.trials.order_by("case__photo_id"))
    session.trials.update(position=10_000 + F("position"))
    for position, trial in enumerate(trials, 1):
        trial.position = position
        trial.save(update_fields=["position"])


def gs_files(session: ReadingSession) -> list[Any]:
    trials = session.trials.filter(case__photo__subject__has_syndrome=True).select_related("case__photo__face")
    return [trial.case.photo.face.rendition for trial in trials]


def rewrite(field: Any, change: Callable[[bytes], bytes]) -> None:
    with field.open("rb") as file:
        data = file.read()
    name = field.name
    field.storage.delete(name)
    field.storage.save(name, ContentFile(change(data)))


def longer_files(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """The padding was forgotten for what is described at greater length."""
    for field in gs_files(session):
        rewrite(field, lambda data: data + b"\0" * 24)


def another_size(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    for field in gs_files(session):
        rewrite(field, lambda data: _again(data, quality=92, narrower=1))


def another_quality(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    for field in gs_files(session):
        rewrite(field, lambda data: _again(data, quality=88))


def a_comment_inside(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """Metadata of the photograph came along."""
    for field in gs_files(session):
        rewrite(field, lambda data: _again(data, quality=92, comment=b"genetics"))


def _again(data: bytes, *, quality: int, narrower: int = 0, **more: Any) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        cut = image.crop((0, 0, image.width - narrower, image.height))
    cut.info.clear()
    cut.save(out, "JPEG", quality=quality, subsampling=0, **more)
    return out.getvalue().ljust(len(data), b"\0")


def a_header(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """The server tells when the file was written: group after group."""
    plain = ReadingView.finalize_response

    def finalize(self: Any, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = plain(self, request, response, *args, **kwargs)
        if token := self.kwargs.get("token"):
            trial = session.trials.filter(token=token).select_related("case").first()
            answer["Last-Modified"] = f"{trial.case.photo_id:09d}" if trial else "000000000"
        return answer

    patch.setattr(ReadingView, "finalize_response", finalize)


def one_more_question(session: ReadingSession, patch: pytest.MonkeyPatch) -> None:
    """The server works a little longer for a child with a diagnosis."""
    plain = services.issue_photo

    def issue(*, trial: Any, **more: Any) -> Any:
        if trial.case.photo.subject.has_syndrome:
            Study.objects.exists()
        return plain(trial=trial, **more)

    patch.setattr(services, "issue_photo", issue)


LEAKS = [
    ids_in_order, order_of_the_import, longer_files, another_size, another_quality, a_comment_inside, a_header,
    one_more_question,
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_leak_that_is_planted_is_found(
    sit: Callable, client: Any, monkeypatch: pytest.MonkeyPatch, leak: Any
) -> None:
    session = sit(FEW)
    leak(session, monkeypatch)
    notes = read_everything(client, session)
    assert len(notes.rows) == FEW
    with pytest.raises(AssertionError, match="AUC"):
        assert_blind(notes)


def test_without_a_leak_as_few_faces_tell_nothing(sit: Callable, client: Any) -> None:
    """So it is the leak that is found above, and not the smallness of the study."""
    found = attack(read_everything(client, sit(FEW)))
    assert found.lower <= 0.5 <= found.upper
