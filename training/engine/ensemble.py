"""The networks of a run's folds together, and what each says of a new face. Loads TensorFlow only when asked.

One way for the page, the command line and an exported file, so that all three give the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.engine.recipe import Recipe
    from training.engine.results import FaceResult
    from training.engine.scale import Scale

Pictures = NDArray[np.uint8]


class NoFace(ValueError):
    """The photo cannot be scored; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """The network of one fold: file of its weights, threshold on the raw score, and scale where it has one."""

    fold: int
    weights: Path
    threshold: float
    scale: Scale | None


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Networks of one recipe, each trained without another fifth (or whatever the folds are) of the cohort."""

    recipe: Recipe
    members: tuple[Member, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One network's P(GS) as it gave it (`score`), on its scale (`calibrated`), and its own threshold."""

    fold: int
    score: float
    calibrated: float | None
    threshold: float

    @property
    def is_gs(self) -> bool:
        """The threshold was chosen on raw scores; a scale does not change the order, so it moves no call."""
        return self.score >= self.threshold


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What all networks say of one face."""

    answers: tuple[Answer, ...]

    @property
    def is_calibrated(self) -> bool:
        return all(answer.calibrated is not None for answer in self.answers)

    @property
    def probabilities(self) -> list[float]:
        """The calibrated probability of each network where all have one, else the raw scores."""
        found = [answer.calibrated for answer in self.answers if answer.calibrated is not None]
        return found if self.is_calibrated else [answer.score for answer in self.answers]

    @property
    def calls(self) -> int:
        """How many networks call GS, each at its own threshold."""
        return sum(answer.is_gs for answer in self.answers)

    @property
    def is_gs(self) -> bool:
        """The call of the ensemble: more than half of its networks call GS."""
        return 2 * self.calls > len(self.answers)

    def summary(self) -> dict[str, Any]:
        """Mean, spread and calls: `mean`, `low`, `high`, `sd` of the probabilities, `raw_mean` of the raw scores."""
        values = self.probabilities
        return {
            "mean": fmean(values),
            "low": min(values),
            "high": max(values),
            "sd": stdev(values) if len(values) > 1 else None,
            "is_calibrated": self.is_calibrated,
            "raw_mean": fmean(answer.score for answer in self.answers),
            "calls": self.calls,
            "folds": len(self.answers),
            "is_gs": self.is_gs,
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the summary and each network's answer; folds are numbered from 1 as on the pages."""
        answers = [asdict(answer) | {"fold": answer.fold + 1, "is_gs": answer.is_gs} for answer in self.answers]
        return self.summary() | {"networks": answers}


@dataclass(frozen=True, kw_only=True)
class Crop:
    """An aligned face (224, 224, 3) uint8; `doubt` is what the face finder would have a person look at, else empty."""

    pixels: Pictures
    face: FaceResult
    doubt: str = ""


class Cropper:
    """Finds and aligns the one face of a photo; build once, use for many photos."""

    def __init__(self) -> None:
        from training.engine.faces import FaceFinder

        self._finder = FaceFinder()

    def crop(self, picture: Pictures) -> Crop:
        """The face on an upright RGB picture (h, w, 3); `NoFace` when there is none, or more than one."""
        from training.engine.faces import align

        found = self._finder.find(picture)
        if found.landmarks is None or found.status == "unusable":
            raise NoFace(found.reason or "No face was found on this photo.")
        if found.faces_found > 1:
            raise NoFace(f"{found.faces_found} faces were found: send a photo of one person.")
        return Crop(pixels=align(picture, found.landmarks), face=found, doubt=found.reason)


def ask(ensemble: Ensemble, crops: Pictures) -> list[Verdict]:
    """The verdict on each aligned crop (n, 224, 224, 3)."""
    columns = [_answers(ensemble, member, model, crops) for member, model in _networks(ensemble)]
    return [Verdict(answers=answers) for answers in zip(*columns, strict=True)]


def ask_with_maps(
    ensemble: Ensemble, crops: Pictures, *, also: Callable[[Member, Any], None] | None = None
) -> tuple[list[Verdict], Pictures]:
    """The same, and for each crop the mean (56, 56) of the networks' heat maps; Grad-CAM if the recipe has none.

    `also` is called with each network while it is loaded.
    """
    from training.engine.heatmaps import heat_maps

    recipe = ensemble.recipe
    mapped = replace(recipe, heat_maps="grad-cam") if recipe.heat_maps == "none" else recipe
    columns, maps = [], []
    for member, model in _networks(ensemble):
        columns.append(_answers(ensemble, member, model, crops))
        maps.append(heat_maps(model, crops, recipe=mapped).maps.astype(np.float64))
        if also:
            also(member, model)
    mean: Pictures = np.asarray(np.round(np.mean(maps, axis=0)), np.uint8)
    return [Verdict(answers=answers) for answers in zip(*columns, strict=True)], mean


def _networks(ensemble: Ensemble) -> Iterator[tuple[Member, Any]]:
    from training.engine.predict import load_fold

    for member in ensemble.members:  # one at a time: the full network takes half a gigabyte
        yield member, load_fold(ensemble.recipe, member.weights)


def _answers(ensemble: Ensemble, member: Member, model: Any, crops: Pictures) -> list[Answer]:
    from training.engine.predict import score

    scores = np.asarray(score(model, crops, recipe=ensemble.recipe), np.float64)
    calibrated: list[Any] = member.scale.of(scores).tolist() if member.scale else [None] * len(scores)
    return [
        Answer(fold=member.fold, score=value, calibrated=probability, threshold=member.threshold)
        for value, probability in zip(scores.tolist(), calibrated, strict=True)
    ]
