from collections.abc import Callable

import pytest

from readerstudy.accounts.models import User
from screening.imports.content import Reading
from screening.imports.files import File
from screening.imports.services import Wishes
from tests.screening.app.paperlike import GOLDEN


def golden(name: str) -> File:
    return File(name=name, data=(GOLDEN / "data" / name).read_bytes())


@pytest.fixture
def files() -> list[File]:
    """The two golden files as they lie there."""
    return [golden("paperlike_scores.csv"), golden("paperlike_reads.csv")]


@pytest.fixture
def wishes() -> Wishes:
    return Wishes(name="Hong-like", kind="test", reading=Reading(threshold=0.5))


@pytest.fixture
def investigator(make_user: Callable[..., User]) -> User:
    return make_user("Ines Investigator", may_coordinate=True)


def table(header: str, *rows: str, name: str = "file.csv") -> File:
    return File(name=name, data="\n".join((header, *rows)).encode())
