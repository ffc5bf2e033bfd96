"""The reading page of a small study in a real browser, and what a reader does at it; for the tests of this room."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.selectors import consent_version, state_of
from readerstudy.reading.services import record_consent, record_device


def give_faces(study: Any) -> None:
    """Photo-like renditions, so that decoding and masking have something to do."""
    for number, case in enumerate(study.cases.select_related("photo__face")):
        noise = np.random.default_rng(number).integers(0, 255, (24, 20, 3), dtype=np.uint8)
        data = io.BytesIO()
        Image.fromarray(noise).resize((768, 960), Image.Resampling.BICUBIC).save(data, "JPEG", quality=88)
        case.photo.face.rendition.save(f"{case.photo.token}.jpg", ContentFile(data.getvalue().ljust(250_000, b"\0")))


@pytest.fixture
def desk(make_study, coordinator, investigator, reader_user, open_page) -> Callable[..., tuple[Any, ReadingSession]]:
    """The reading page of a study with consent and device check behind it, at its start panel."""

    def sit(*, n: int = 3, viewport: tuple[int, int] = (1280, 900), options: dict | None = None, **protocol: Any):
        rules = {"exposure_ms": 400, "confidence": "none", **protocol}
        study = make_study(coordinator, investigator, reader_user, name="Browser", n=n, **rules)
        give_faces(study)
        reader = record_consent(reader=study.readers.get(), version=consent_version(study))
        session = reader.sessions.get(is_practice=False)
        record_device(session=session, device={"refresh_hz": 60})
        page = open_page(reader_user, viewport=viewport, **(options or {}))
        page.goto(f"/read/{study.pk}/session/")
        return page, session

    return sit


def begin(page: Any) -> None:
    page.click("#go")


def phase(page: Any, *names: str) -> None:
    page.wait_for_function("names => names.includes(document.getElementById('stage').dataset.phase)", arg=list(names))


def answer(page: Any, key: str = "j", confidence: str = "") -> None:
    phase(page, "asking")
    page.keyboard.press(key)
    if confidence:
        phase(page, "rating")
        page.keyboard.press(confidence)


def thanked(page: Any) -> None:
    page.wait_for_url("**/done/")


def states(session: ReadingSession) -> list[str]:
    return [state_of(trial) for trial in Trial.objects.filter(session=session).order_by("position")]
