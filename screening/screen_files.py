"""Photos of the command line against a finished run. They are read, looked at and forgotten."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from readerstudy.studies.imports.pictures import CleanPicture, PictureRefused, clean
from screening.new_photo import Question, answer, written
from training.engine.ensemble import Ensemble, NoFace
from training.ensembles import ensemble_of, refuse_lost_files
from training.looks import look
from training.models import TrainingRun
from training.services.screen import is_known


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A photo with its answer, or with the sentence why it has none."""

    photo: Path
    answer: dict[str, Any] | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        head = {"photo": str(self.photo), "problem": self.problem}
        return head | {key: value for key, value in (self.answer or {}).items() if key not in ("notice", "scale")}

    def lines(self) -> Iterator[str]:
        """The answer in words."""
        if self.answer is None:
            yield f"No score: {self.problem}"
            return
        yield from (f"WARNING: {warning}" for warning in self.answer["warnings"])
        yield from _said(self.answer["summary"])
        yield from _worth(self.answer)
        for row in self.answer["familiarity"]:
            far = f"{row['share']:.1%} of {row['n']} as far out"
            yield f"{row['label'].lower()}: {written(row)} ({far}): {row['verdict']}"


def _said(told: dict[str, Any]) -> Iterator[str]:
    what = "probability of GS (calibrated)" if told["is_calibrated"] else "score for GS (not calibrated)"
    spread = f", SD {told['sd']:.3f}" if told["sd"] is not None else ""
    yield f"{what} {told['mean']:.3f}, networks {told['low']:.3f} to {told['high']:.3f}{spread}"
    yield f"call {'GS' if told['is_gs'] else 'not GS'}: {told['calls']} of {told['folds']} networks call GS"


def _worth(found: dict[str, Any]) -> Iterator[str]:
    for name, words in (("gs", "faces with a syndrome"), ("controls", "controls")):
        if part := (found["place"] or {}).get(name):
            yield f"{part['below']} of {part['n']} {words} held out by the run scored lower"
    if not found["rates"]:
        return
    for name in ("sensitivity", "specificity"):
        yield f"{name} {_interval(found['rates'][name])}"
    predictive = found["predictive"]
    for name in ("ppv", "npv"):
        yield f"{name.upper()} at a prevalence of {predictive['prevalence']:.2%}: {_interval(predictive[name])}"


def _interval(estimate: dict[str, Any]) -> str:
    if estimate["value"] is None:
        return "undefined"
    return f"{estimate['value']:.1%} (95 % {estimate['lower']:.1%} to {estimate['upper']:.1%})"


def screen_files(
    run: TrainingRun, photos: Sequence[Path], *, age_months: float | None, prevalence: float
) -> list[Outcome]:
    """One outcome a photo, in the order given; a photo without a face takes none of the others down."""
    ensemble = ensemble_of(run)
    refuse_lost_files(ensemble)
    return [_outcome(run, ensemble, photo, age_months=age_months, prevalence=prevalence) for photo in photos]


def _outcome(
    run: TrainingRun, ensemble: Ensemble, photo: Path, *, age_months: float | None, prevalence: float
) -> Outcome:
    try:
        picture = clean(photo.read_bytes())
        found = look(run, ensemble, _pixels(picture))
    except (NoFace, PictureRefused) as reason:
        return Outcome(photo=photo, problem=str(reason))
    except OSError as error:
        return Outcome(photo=photo, problem=f"The file cannot be read ({error.strerror or error}).")
    question = Question(
        run=run,
        verdict=found.verdict,
        face=found.face,
        surroundings=found.surroundings,
        age_months=age_months,
        is_known=is_known(run, picture),
    )
    return Outcome(photo=photo, answer=answer(question, prevalence=prevalence))


def _pixels(picture: CleanPicture) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(picture.data)) as image:
        return np.asarray(image.convert("RGB"))
