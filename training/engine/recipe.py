"""The recipe: every choice of a training run in one frozen record that can be stored, shown and repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from training.engine.checks import check
from training.engine.layout import snapshot_epochs

Json = int | float | str | bool


class RecipeError(ValueError):
    """A recipe that cannot be trained; the message says which choice and what it may be."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What Hong et al. 2021 state is the default here; what they leave open is named, so that a run can say it.

    Sizes in pixels, angles in degrees, shares between 0 and 1, times in epochs.
    """

    name: str = "paper"
    # network
    input_size: int = 224
    width: float = 1.0
    head: str = "paper"
    dropout: float = 0.5
    embedding_size: int = 128
    bn_momentum: float = 0.9
    weights: str = "random"
    train_from: str = "all"
    head_epochs: int = 0
    thawed_rate: float = 0.1
    # loss
    triplet_weight: float = 0.5
    triplet_margin: float = 0.2
    triplet_mining: str = "batch-hard"
    label_smoothing: float = 0.0
    balanced: bool = True
    class_weights: str = "none"
    # optimisation
    optimiser: str = "rmsprop"
    learning_rate: float = 1e-4
    schedule: str = "constant"
    weight_decay: float = 0.0
    epochs: int = 30
    batch_size: int = 16
    patience: int = 10
    monitor: str = "val_loss"
    average_weights: float = 0.0
    snapshots: int = 1
    # pictures
    crop: float = 1.0
    normalise: str = "none"
    rotation: float = 10.0
    scale: float = 0.1
    shift: float = 0.05
    flip: bool = True
    brightness: float = 0.0
    tta_flip: bool = True
    # what is made of the scores
    calibration: str = "platt"
    heat_maps: str = "grad-cam"
    # folds and machine
    folds: int = 5
    seed: int = 1
    precision: str = "float32"
    deterministic: bool = False
    compile: str = "auto"
    devices: str = "one"

    def __post_init__(self) -> None:
        problems = check(self)
        if problems:
            raise RecipeError("; ".join(problems))

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """The epochs (1..) after which a network is kept, where several speak together."""
        return snapshot_epochs(self.epochs, self.snapshots, schedule=self.schedule)

    @property
    def networks(self) -> int:
        """How many networks of each training speak together."""
        return len(self.kept_epochs)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe of a stored dictionary; an unknown key is refused rather than silently dropped."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise RecipeError(f"unknown choice {', '.join(unknown)}: a recipe knows {', '.join(sorted(known))}")
        return cls(**values)

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers, strings and truth values, ready for JSON."""
        return asdict(self)

    def describe(self) -> list[tuple[str, str]]:
        """(label, sentence) of every choice in plain words, the network first."""
        from training.engine.words import describe

        return describe(self)


PRESETS: dict[str, Recipe] = {
    "paper": Recipe(),
    "demo": Recipe(
        name="demo",
        input_size=64,
        width=0.25,
        head="gap",
        embedding_size=64,
        triplet_weight=0.2,
        label_smoothing=0.1,
        learning_rate=1.5e-3,
        schedule="restarts",
        average_weights=0.98,
        snapshots=3,
        epochs=60,
        batch_size=32,
        patience=0,
        monitor="val_auc",
        crop=0.75,
        normalise="local",
        rotation=2.0,
        scale=0.02,
        shift=0.02,
        brightness=0.2,
    ),
    "smoke": Recipe(
        name="smoke",
        input_size=32,
        width=0.125,
        head="gap",
        embedding_size=16,
        learning_rate=1e-3,
        epochs=1,
        batch_size=16,
        patience=0,
    ),
}
"""`paper`: as published, for a GPU. `demo`: minutes on two CPU cores. `smoke`: seconds, for tests; learns nothing."""
