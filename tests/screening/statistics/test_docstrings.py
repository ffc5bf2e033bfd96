"""Every public function says what goes in, what comes out, what is refused, and shows itself."""

import inspect
from itertools import pairwise

import pytest

import screening.statistics
from screening.statistics import power, rates

PUBLIC = [one for name, one in sorted(vars(screening.statistics).items()) if inspect.isfunction(one)]


@pytest.mark.parametrize("function", [*PUBLIC, rates.rates, power.power], ids=lambda f: f.__name__)
def test_a_public_function_is_documented_in_sections(function):
    lines = inspect.getdoc(function).splitlines()
    titles = [line for line, under in pairwise(lines) if under and set(under) == {"-"}]
    order = ["Parameters", "Returns", "Raises", "References", "Examples"]
    assert titles == [title for title in order if title in titles]
    assert {"Parameters", "Returns", "Raises", "Examples"} <= set(titles)
    assert any(line.startswith(">>> ") for line in lines)
    assert len(function.__doc__.splitlines()[0]) <= 116
