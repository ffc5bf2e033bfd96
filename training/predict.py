"""Photos from the command line against the networks of a run, or of an exported file that needs no database."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from readerstudy.refusal import Refused
from readerstudy.studies.imports.pictures import PictureRefused, clean
from training import colours
from training.engine.ensemble import Crop, Cropper, Ensemble, NoFace, Verdict, ask, ask_with_maps
from training.engine.package import PackageError, opened
from training.ensembles import ensemble_of, refuse_lost_files
from training.models import TrainingRun

NOTICE = "For research only, not for diagnosis. A score is what networks trained on one cohort make of one picture."


@dataclass(kw_only=True)
class Outcome:
    """A photo with its verdict, or with the sentence why it has none; `picture` is the face under its heat map."""

    photo: Path
    verdict: Verdict | None = None
    problem: str = ""
    picture: NDArray[np.uint8] | None = None
    heat_map: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"photo": str(self.photo), "problem": self.problem}
        if self.heat_map:
            told["heat_map"] = str(self.heat_map)
        return told | (self.verdict.to_dict() if self.verdict else {})

    def lines(self) -> Iterator[str]:
        """The verdict in words."""
        if self.verdict is None:
            yield f"No score: {self.problem}"
            return
        told = self.verdict.summary()
        what = "probability of GS (calibrated)" if told["is_calibrated"] else "score for GS (not calibrated)"
        spread = f", SD {told['sd']:.3f}" if told["sd"] is not None else ""
        yield f"{what} {told['mean']:.3f}, networks {told['low']:.3f} to {told['high']:.3f}{spread}"
        yield f"call {'GS' if told['is_gs'] else 'not GS'}: {told['calls']} of {told['folds']} networks call GS"
        for answer in self.verdict.answers:
            tempered = "" if answer.calibrated is None else f"probability {answer.calibrated:.3f}, "
            raw = f"raw score {answer.score:.3f}, threshold {answer.threshold:.3f}"
            yield f"fold {answer.fold + 1}: {tempered}{raw}, {'GS' if answer.is_gs else 'not GS'}"
        if self.problem:
            yield f"Have a look at the photo: {self.problem}"
        if self.heat_map:
            yield f"Heat map: {self.heat_map}"


def predict(source: str, photos: Sequence[Path], *, with_maps: bool = False) -> list[Outcome]:
    """One outcome a photo, in the order given; a photo without a face takes none of the others down."""
    with _ensemble(source) as ensemble:
        cropper = Cropper()
        pairs = [_cropped(cropper, photo) for photo in photos]
        faces = [(outcome, crop) for outcome, crop in pairs if crop is not None]
        if faces:
            _ask(ensemble, faces, with_maps=with_maps)
    return [outcome for outcome, _ in pairs]


@contextmanager
def _ensemble(source: str) -> Iterator[Ensemble]:
    """A number is a run; anything else is a file."""
    if not source.isdecimal():
        try:
            with opened(Path(source)) as ensemble:
                yield ensemble
        except PackageError as error:
            raise Refused(f"{error}.") from None
        return
    run = TrainingRun.objects.filter(pk=int(source)).first()
    if run is None:
        raise Refused(f"There is no run {source}.")
    ensemble = ensemble_of(run)
    refuse_lost_files(ensemble)
    yield ensemble


def _cropped(cropper: Cropper, photo: Path) -> tuple[Outcome, Crop | None]:
    try:
        crop = cropper.crop(_pixels(clean(photo.read_bytes()).data))
    except (NoFace, PictureRefused) as reason:
        return Outcome(photo=photo, problem=str(reason)), None
    except OSError as error:
        return Outcome(photo=photo, problem=f"The file cannot be read ({error.strerror or error})."), None
    return Outcome(photo=photo, problem=crop.doubt), crop


def _pixels(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _ask(ensemble: Ensemble, faces: Sequence[tuple[Outcome, Crop]], *, with_maps: bool) -> None:
    crops = np.stack([crop.pixels for _, crop in faces])
    if not with_maps:
        for (outcome, _), verdict in zip(faces, ask(ensemble, crops), strict=True):
            outcome.verdict = verdict
        return
    verdicts, maps = ask_with_maps(ensemble, crops)
    for (outcome, crop), verdict, heat in zip(faces, verdicts, maps, strict=True):
        outcome.verdict = verdict
        outcome.picture = _under(crop.pixels, heat)


def _under(crop: NDArray[np.uint8], heat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The face (224, 224, 3) with its heat map laid over it, as on the page of heat maps."""
    face = Image.fromarray(crop).convert("RGBA")
    side = Image.fromarray(heat).resize(face.size, Image.Resampling.BICUBIC)
    face.alpha_composite(Image.fromarray(colours.overlay(np.asarray(side))))
    return np.asarray(face.convert("RGB"))
