"""How the tests read the numbers of a page, and how they write the expected ones."""

import json
import re
from html import unescape
from typing import Any

import numpy as np

from screening import statistics
from tests.screening.report.test_every_number import NUMBER, flat, on_the_page

MARGIN, LEVEL = 0.05, 0.95
DRAWN = {"replicates": 200, "level": LEVEL, "seed": 20_210_803}
ONE_IN = 4000


def held(page: str, name: str) -> Any:
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)[1])


def cells(page: str, section: str) -> list[list[str]]:
    """The numbers of each line of a section's tables, lines without a number left out."""
    return [row for row in flat(on_the_page(page, f"{section}-head")) if row]


def numbers(*texts: Any) -> list[str]:
    return NUMBER.findall(" ".join(str(text) for text in texts))


def sentence(page: str, section: str) -> list[str]:
    """The numbers of the sentences at a section's top."""
    part = page.split(f'id="{section}-head"')[1].split("</section>")[0]
    return numbers(*(unescape(text) for text in re.findall(r'<p class="says">(.*?)</p>', part, re.DOTALL)))


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in figure["data"] if one.get("name") == name]
    return found


def minus(text: str) -> str:
    return text.replace("-", "−")


def two(one: Any) -> list[str]:
    """A coefficient with its limits; a large-sample limit beyond 1 is written as 1."""
    return numbers(minus(f"{one.value:.2f} {one.lower:.2f} {min(one.upper, 1):.2f}"))


def percent(one: Any) -> list[str]:
    return numbers(*(f"{100 * value:.1f}" for value in (one.value, one.lower, one.upper)))


def points(*values: float) -> list[str]:
    return numbers(*(minus(f"{100 * value:+.1f}") for value in values))


def share(these: Any) -> Any:
    return statistics.wilson(int(np.sum(these)), len(these), level=LEVEL)
