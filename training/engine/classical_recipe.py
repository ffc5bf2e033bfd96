"""The recipes of the models beside the network, in one frozen record and in plain words; loads no library.

`embedding-svm`: a support-vector machine on the network's embedding, as Pantel et al. 2020 (doi:10.2196/19263) put one
behind DeepGestalt. `gabor-linear`: Gabor features with a linear machine, in the line of Loos et al. 2003. `landmarks`:
logistic regression on the geometry of five landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from training.engine.recipe import Json, RecipeError
from training.engine.words import CALIBRATIONS

EMBEDDING, GABOR, LANDMARKS = "embedding-svm", "gabor-linear", "landmarks"

STRENGTHS: dict[str, tuple[float, ...]] = {
    EMBEDDING: (1e-3, 1e-2, 1e-1, 1.0, 10.0),
    GABOR: (1e-6, 1e-5, 1e-4, 1e-3, 1e-2),
    LANDMARKS: (1e-3, 1e-2, 1e-1, 1.0, 10.0),
}
"""Values of C that the selection chooses from, a decade apart; the smaller, the stronger the shrinkage."""

SENTENCES = {
    EMBEDDING: "Support-vector machine on a network's embedding",
    GABOR: "Gabor features of the aligned face with a linear support-vector machine; no network",
    LANDMARKS: "Logistic regression on the geometry of five landmarks; no network, and no look at the picture",
}
FEATURES = {
    EMBEDDING: "the L2-normalised embedding of each fold's own network, so that no face of a test part has reached it",
    GABOR: "energies of 16 Gabor filters (8 orientations, wavelengths 4 and 8 px of 96) in 8 x 8 cells of the aligned "
    "face, local contrast taken out first",
    LANDMARKS: "13 distances, ratios and angles of the eyes, nose and mouth corners, in units of the eye distance",
}
CLASSIFIERS = {
    EMBEDDING: "support-vector machine with a linear kernel",
    GABOR: "support-vector machine with a linear kernel",
    LANDMARKS: "logistic regression",
}


@dataclass(frozen=True, kw_only=True)
class ClassicalRecipe:
    """Every choice of such a run. `folds` and `seed` deal the cohort as they do for a network."""

    name: str
    kind: str
    inner_folds: int = 3
    calibration: str = "platt"
    folds: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise RecipeError("; ".join(problems))

    @property
    def epochs(self) -> int:
        """The model is fitted in one go."""
        return 1

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ClassicalRecipe:
        """The recipe of a stored dictionary; an unknown key is refused rather than silently dropped."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            kind = values.get("kind")
            raise RecipeError(f"unknown choice {', '.join(unknown)}: a recipe of kind {kind} knows {', '.join(known)}")
        return cls(**values)

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers and strings, ready for JSON."""
        return asdict(self)

    def describe(self) -> list[tuple[str, str]]:
        """(label, sentence) of every choice in plain words."""
        return describe(self)


def _problems(recipe: ClassicalRecipe) -> list[str]:
    problems = []
    if recipe.kind not in SENTENCES:
        problems.append(f"kind is {recipe.kind!r}: choose one of {', '.join(SENTENCES)}")
    if recipe.calibration not in CALIBRATIONS:
        problems.append(f"calibration is {recipe.calibration!r}: choose one of {', '.join(CALIBRATIONS)}")
    for name, low, high in (("inner_folds", 2, 10), ("folds", 3, 20), ("seed", 0, 2**31 - 1)):
        value = getattr(recipe, name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            problems.append(f"{name} is {value!r}: it must be a whole number from {low} to {high}")
    return problems


def describe(recipe: ClassicalRecipe) -> list[tuple[str, str]]:
    """(label, sentence) of every choice."""
    strengths = ", ".join(f"{value:g}" for value in STRENGTHS[recipe.kind])
    return [
        ("Model", SENTENCES[recipe.kind]),
        ("Features", FEATURES[recipe.kind]),
        ("Classifier", f"{CLASSIFIERS[recipe.kind]} on standardised features, both classes with equal weight"),
        (
            "Selection",
            f"C of {strengths}: highest mean AUC of {recipe.inner_folds} inner folds of the training part, faces that "
            "look alike kept together",
        ),
        ("Training faces", "each face and its mirror image"),
        (
            "Held-out scores",
            "mean of the face and its mirror image, made a probability on the inner folds (Platt 1999)",
        ),
        ("Calibration", CALIBRATIONS[recipe.calibration]),
        ("Threshold", "chosen on the validation fold only"),
        ("Heat maps", "none"),
        (
            "Folds",
            f"{recipe.folds} folds by subject, {recipe.folds - 2}:1:1 training, validation, test; seed {recipe.seed}",
        ),
    ]


CLASSICAL: dict[str, ClassicalRecipe] = {kind: ClassicalRecipe(name=kind, kind=kind) for kind in SENTENCES}
"""One recipe a kind, under its name."""
