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
from readerstudy.studies.models import Aid


def give_faces(study: Any) -> None:
    """Photo-like renditions, so that decoding and masking have something to do."""
    for number, case in enumerate(study.cases.select_related("photo__face")):
        noise = np.random.default_rng(number).integers(0, 255, (24, 20, 3), dtype=np.uint8)
        data = io.BytesIO()
        Image.fromarray(noise).resize((768, 960), Image.Resampling.BICUBIC).save(data, "JPEG", quality=88)
        case.photo.face.rendition.save(f"{case.photo.token}.jpg", ContentFile(data.getvalue().ljust(250_000, b"\0")))


def give_aids(study: Any, by: Any, *, is_calibrated: bool = True) -> None:
    """A probability and a heat map for every face: a bright spot on black."""
    rows, columns = np.mgrid[0:64, 0:64]
    spot = 255 * np.exp(-((rows - 30) ** 2 + (columns - 24) ** 2) / 200)
    data = io.BytesIO()
    Image.fromarray(spot.astype(np.uint8)).save(data, "PNG")
    for case in study.cases.filter(is_practice=False):
        aid = Aid(case=case, probability=0.8312, is_calibrated=is_calibrated, label="Run", made_by=by)
        aid.heat_map.save(f"{case.pk}.png", ContentFile(data.getvalue()), save=False)
        aid.save()


@pytest.fixture
def desk(make_study, coordinator, investigator, reader_user, open_page) -> Callable[..., tuple[Any, ReadingSession]]:
    """The reading page of a study with consent and device check behind it, at its start panel."""

    def sit(
        *,
        n: int = 3,
        viewport: tuple[int, int] = (1280, 900),
        options: dict | None = None,
        device: dict | None = None,
        aids: dict | None = None,
        arm: str = "unaided",
        **protocol: Any,
    ):
        rules = {"exposure_ms": 400, "confidence": "none", **protocol}
        study = make_study(coordinator, investigator, reader_user, name="Browser", n=n, **rules)
        give_faces(study)
        if aids is not None:
            give_aids(study, investigator, **aids)
        reader = record_consent(reader=study.readers.get(), version=consent_version(study))
        session = reader.sessions.get(is_practice=False, occasion=1)
        if session.arm != arm:  # the first reader of a crossover begins alone; the second one would not
            reader.sessions.filter(occasion=2).update(arm=session.arm)
            reader.sessions.filter(pk=session.pk).update(arm=arm)
        record_device(session=session, device={"refresh_hz": 60, **(device or {})})
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


def shown(page: Any) -> str:
    """The token of the face on the screen."""
    phase(page, "showing")
    return page.get_attribute(".face", "data-stimulus")


def titled(page: Any, title: str) -> None:
    page.wait_for_function("title => document.getElementById('panel-title').textContent === title", arg=title)


def thanked(page: Any) -> None:
    page.wait_for_url("**/done/")


def states(session: ReadingSession) -> list[str]:
    return [state_of(trial) for trial in Trial.objects.filter(session=session).order_by("position")]
