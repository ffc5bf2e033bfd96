from typing import Any

import pytest

from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build


@pytest.fixture
def world(db: Any) -> Paperlike:
    return build(n=60)


@pytest.fixture
def comparison(world: Paperlike) -> Comparison:
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
