"""The sentences follow the numbers, above all where the paper's rule and the test disagree."""

import copy

import pytest

from screening.analysis.words import joined, p_words, percent, reader_words


def reader(*, rule: str, holm: float, difference: float, other: str | None = None) -> dict:
    verdict = {"at_value": 0.8, "lower": 0.7, "upper": 0.9, "reader_value": 0.6}
    changes = {
        "model": 0.8,
        "reader": 0.8 - difference,
        "difference": difference,
        "lower": difference - 0.05,
        "upper": difference + 0.05,
        "p_value": holm / 5,
        "is_noninferior": None,
    }
    return {
        "code": "SP 1",
        "has_point": True,
        "n_read": 456,
        "verdict": {
            "at_specificity": verdict | {"position": rule},
            "at_sensitivity": verdict | {"position": other or rule},
        },
        "paired": {"sensitivity": changes, "specificity": copy.copy(changes), "margin": None},
        "paired_holm": {"sensitivity": holm, "specificity": holm},
    }


@pytest.mark.parametrize(
    ("rule", "holm", "difference", "headline", "disagreement"),
    [
        ("below", 0.01, 0.1, "The model does better than SP 1", ""),
        ("below", 0.20, 0.1, "No difference between SP 1 and the model is shown", "takes the reader's point as exact"),
        ("inside", 0.01, 0.1, "The model does better than SP 1", "cannot use that pairing"),
        ("on_limit", 0.20, 0.1, "No difference", ""),
        ("above", 0.01, -0.1, "SP 1 does better than the model", ""),
        ("above", 0.01, 0.1, "The model does better than SP 1", "opposite directions"),
    ],
)
def test_headline_follows_the_test_and_a_disagreement_is_said(rule, holm, difference, headline, disagreement):
    words = reader_words(reader(rule=rule, holm=holm, difference=difference), by="specificity", level=0.95, readers=5)
    assert headline in words["headline"]
    assert disagreement in words["disagreement"]
    assert bool(words["disagreement"]) == bool(disagreement)


def test_two_constructions_that_disagree_make_a_borderline_point():
    one = reader(rule="below", other="inside", holm=0.01, difference=0.1)
    words = reader_words(one, by="specificity", level=0.95, readers=5)
    assert "borderline" in words["rule"]


def test_a_single_reader_is_not_corrected():
    words = reader_words(reader(rule="below", holm=0.01, difference=0.1), by="specificity", level=0.95, readers=1)
    assert "Holm" not in words["test"]


def test_by_sensitivity_compares_specificities():
    words = reader_words(reader(rule="below", holm=0.01, difference=0.1), by="sensitivity", level=0.95, readers=5)
    assert "the model's specificity at the reader's sensitivity" in words["test"]


def test_small_things_are_written_as_people_write_them():
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a"]) == "a"
    assert percent(0.8771929) == "87.7\u00a0%"
    assert percent(None) == "not defined"
    assert p_words(0.0001) == "p\u00a0<\u00a00.001"
