"""Readings of a study, written straight into the rows of the room above."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from readerstudy.reading.models import Exposure, ReadingSession, Trial


@pytest.fixture
def show_a_face(db) -> Callable:
    """One face shown to a reader, by default the study's first case and first reader."""

    def show(study, *, reader=None, case=None, position: int = 1, flags: list[str] | None = None) -> Trial:
        reader = reader or study.readers.first()
        session, _ = ReadingSession.objects.get_or_create(
            reader=reader,
            is_practice=False,
            defaults={"seed": 1, "protocol": study.protocols.first(), "started_at": timezone.now()},
        )
        case = case or study.cases.filter(is_practice=False).first()
        trial = Trial.objects.create(session=session, case=case, position=position)
        Exposure.objects.create(
            trial=trial, started_at=timezone.now(), requested_ms=10_000, onset_ms=0, offset_ms=10_000, flags=flags or []
        )
        return trial

    return show
