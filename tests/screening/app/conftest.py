import pytest
from paperlike import Paperlike, build


@pytest.fixture
def paperlike(db) -> Paperlike:
    return build()
