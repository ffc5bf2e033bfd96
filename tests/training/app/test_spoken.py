"""What the engine says has its template in the catalogue, so that a page can say it in another language."""

from dataclasses import replace

import numpy as np
import pytest
from django.utils import translation

from readerstudy import said as room
from training.engine.classical_recipe import CLASSICAL
from training.engine.recipe import PRESETS, Recipe, RecipeError
from training.engine.splits import SplitError, plan_folds
from training.spoken import SPOKEN

PAPER = PRESETS["paper"]
OTHERS = [
    replace(PAPER, weights="a" * 64, head_epochs=2, train_from="block5", thawed_rate=0.1),
    replace(PAPER, weights="a" * 64, head_epochs=1, train_from="block4"),
    replace(PAPER, class_weights="balanced", balanced=False, label_smoothing=0.1, weight_decay=0.01),
    replace(PAPER, class_weights="balanced", balanced=False, triplet_weight=0.0),
    replace(PAPER, normalise="picture", precision="auto", compile="off", calibration="temperature", optimiser="sgd"),
    replace(PAPER, heat_maps="none", tta_flip=False, flip=False, rotation=0.0, scale=0.0, shift=0.0, brightness=0.0),
    replace(PAPER, snapshots=3, patience=0),
    replace(PAPER, calibration="none", devices="all", average_weights=0.9, deterministic=True, optimiser="adam"),
]


@pytest.fixture(autouse=True)
def spoken(monkeypatch):
    """A language in which every message of the engine stands in brackets."""
    messages = {message: f"«{message}»" for message in SPOKEN}
    monkeypatch.setattr(room, "gettext", lambda text: messages.get(text, text))
    monkeypatch.setattr(room, "translation", lambda language: type("Catalogue", (), {"_catalog": messages}))
    for cached in (room._said, room._templates):
        cached.cache_clear()
    with translation.override("zh-hans"):
        yield
    for cached in (room._said, room._templates):
        cached.cache_clear()


def is_spoken(sentence: str) -> bool:
    told = room.said(sentence)
    return told.startswith("«") and told.endswith("»")


@pytest.mark.parametrize("recipe", [*PRESETS.values(), *OTHERS, *CLASSICAL.values()])
def test_every_choice_of_a_recipe_is_spoken(recipe):
    names = {"RMSProp", "Adam", "float32", "Grad-CAM"}
    for label, sentence in recipe.describe():
        assert is_spoken(label), label
        assert is_spoken(sentence) or sentence in names or sentence.split(",")[0] in names, sentence


@pytest.mark.parametrize("change", [{"epochs": 0}, {"epochs": 1.5}, {"head": "x"}, {"flip": 3}, {"train_from": "head"}])
def test_why_a_recipe_is_refused_is_spoken(change):
    with pytest.raises(RecipeError) as refused:
        Recipe(**change)
    assert is_spoken(str(refused.value)), refused.value


def test_why_a_cohort_cannot_be_split_is_spoken():
    truth = np.array([True, True, False, False])
    with pytest.raises(SplitError) as refused:
        plan_folds(truth, [""] * 4, list("abcd"), folds=5, seed=1)
    assert is_spoken(str(refused.value)), refused.value
