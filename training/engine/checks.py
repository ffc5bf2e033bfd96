"""What each choice of a recipe may be; every problem is one sentence that names the choice, its value and its range."""

from __future__ import annotations

import math
import re
from typing import Any

from training.engine.layout import STRIDE

RANGES: dict[str, tuple[float, float]] = {
    "input_size": (STRIDE, 512),
    "width": (0.0625, 2.0),
    "dropout": (0.0, 0.9),
    "embedding_size": (2, 4096),
    "bn_momentum": (0.0, 0.9999),
    "triplet_weight": (0.0, 10.0),
    "triplet_margin": (0.0, 2.0),
    "label_smoothing": (0.0, 0.5),
    "learning_rate": (1e-8, 1.0),
    "weight_decay": (0.0, 1.0),
    "epochs": (1, 1000),
    "head_epochs": (0, 999),
    "thawed_rate": (1e-4, 1.0),
    "batch_size": (4, 512),
    "patience": (0, 1000),
    "average_weights": (0.0, 0.9999),
    "snapshots": (1, 10),
    "crop": (0.4, 1.0),
    "rotation": (0.0, 45.0),
    "scale": (0.0, 0.5),
    "shift": (0.0, 0.3),
    "brightness": (0.0, 0.5),
    "folds": (3, 20),
    "seed": (0, 2**31 - 1),
}

CHOICES: dict[str, tuple[str, ...]] = {
    "head": ("paper", "gap"),
    "train_from": ("all", "block4", "block5", "head"),
    "class_weights": ("none", "balanced"),
    "triplet_mining": ("batch-hard", "semi-hard"),
    "optimiser": ("rmsprop", "adam", "sgd"),
    "monitor": ("val_loss", "val_auc"),
    "normalise": ("none", "picture", "local"),
    "schedule": ("constant", "cosine", "restarts"),
    "calibration": ("platt", "temperature", "none"),
    "heat_maps": ("grad-cam", "grad-cam++", "none"),
    "precision": ("float32", "auto", "mixed_bfloat16", "mixed_float16"),
    "compile": ("auto", "xla", "off"),
    "devices": ("one", "all"),
}

INTEGERS = (
    "input_size",
    "embedding_size",
    "epochs",
    "head_epochs",
    "batch_size",
    "patience",
    "snapshots",
    "folds",
    "seed",
)
TRUTHS = ("balanced", "flip", "tta_flip", "deterministic")


def check(recipe: Any) -> list[str]:
    """The problems of a recipe, none when it can be trained."""
    problems = [problem for name in RANGES if (problem := _number(name, getattr(recipe, name)))]
    for name, choices in CHOICES.items():
        if getattr(recipe, name) not in choices:
            problems.append(f"{name} is {getattr(recipe, name)!r}: choose one of {', '.join(choices)}")
    for name in TRUTHS:
        if not isinstance(getattr(recipe, name), bool):
            problems.append(f"{name} is {getattr(recipe, name)!r}: it must be true or false")
    if not isinstance(recipe.name, str) or not recipe.name.strip():
        problems.append("name is empty: give the recipe a name")
    return problems + _machine(recipe) + _weights(recipe) + _classes(recipe) + _stages(recipe) + _snapshots(recipe)


def _number(name: str, value: object) -> str:
    low, high = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{name} is {value!r}: it must be a number from {low:g} to {high:g}"
    if name in INTEGERS and not isinstance(value, int):
        return f"{name} is {value!r}: it must be a whole number from {low:g} to {high:g}"
    if not low <= value <= high:
        return f"{name} is {value!r}: it must lie between {low:g} and {high:g}"
    return ""


def _machine(recipe: Any) -> list[str]:
    if recipe.compile != "xla":
        return []
    if recipe.devices == "all":
        return ["compile is 'xla': a step over all devices cannot be compiled by XLA, use auto or off"]
    if recipe.deterministic:
        return ["compile is 'xla': its operations are not all deterministic, use auto or off"]
    return []


def _classes(recipe: Any) -> list[str]:
    if recipe.class_weights == "balanced" and recipe.balanced:
        return ["class_weights is 'balanced': the batches hold both classes equally already, use one of the two"]
    return []


def _stages(recipe: Any) -> list[str]:
    if not recipe.head_epochs:
        return []
    if recipe.weights == "random":
        return [f"head_epochs is {recipe.head_epochs!r}: a head learns nothing on layers from a random start, use 0"]
    if recipe.train_from == "head":
        return [f"head_epochs is {recipe.head_epochs!r}, but train_from thaws nothing after them: use 0, or block4"]
    if recipe.head_epochs >= recipe.epochs:
        return [f"head_epochs is {recipe.head_epochs!r}: it must be less than epochs ({recipe.epochs!r})"]
    return []


def _snapshots(recipe: Any) -> list[str]:
    if recipe.snapshots == 1 or not recipe.patience:
        return []
    return [f"snapshots is {recipe.snapshots!r}: all of them are needed, so nothing may stop early, set patience 0"]


def _weights(recipe: Any) -> list[str]:
    if recipe.weights == "random":
        if recipe.train_from != "all":
            return [f"train_from is {recipe.train_from!r}: freezing layers of a random start cannot learn, use all"]
        return []
    if not isinstance(recipe.weights, str) or not re.fullmatch(r"[0-9a-f]{64}", recipe.weights):
        return [f"weights is {recipe.weights!r}: write random, or the SHA-256 of a weights file in 64 hex digits"]
    if recipe.normalise != "none":
        return [f"normalise is {recipe.normalise!r}: pretrained weights bring their own mean, use none"]
    if recipe.width != 1.0:
        return [f"width is {recipe.width!r}: pretrained weights fit the full width 1.0 only"]
    if recipe.head == "paper" and recipe.input_size != 224:
        return [f"input_size is {recipe.input_size!r}: pretrained weights with the paper's head need 224 pixels"]
    return []
