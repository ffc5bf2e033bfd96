"""A pytest plugin (``-p``): writes which values of the reference files the tests of this run have looked at."""

import json
import os
from pathlib import Path

from tests.screening.statistics.statistics_golden import LOOKED_AT


def pytest_sessionfinish():
    Path(os.environ["LOOKED_AT"]).write_text(json.dumps(sorted(LOOKED_AT, key=str)))
