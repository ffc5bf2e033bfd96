"""What leaves the house of a run: held-out scores as CSV, and its networks with a model card as one file."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from readerstudy import __version__
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.aligned import template
from training import selectors
from training.engine import card
from training.engine.package import pieces
from training.ensembles import ensemble_of, refuse_lost_files
from training.model_card import model_card
from training.models import TrainingRun
from training.pictures import CROP
from training.weights import fingerprint

MADE_WITH = f"readerstudy {__version__}"
HEADER = ("subject", "photo", "fold", "score", "calibrated")


def predictions_csv(run: TrainingRun) -> str:
    """One row a photo: subject code, photo token, the fold that held it out (1, 2, ...), P(GS) as the network gave it
    and the same on the fold's scale; a cell stays empty where there is none.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row in selectors.predictions_of(run):
        scores = ["" if score is None else repr(score) for score in (row.score, row.calibrated)]
        writer.writerow([safe(row.photo.subject.code), row.photo.token, row.fold.index + 1, *scores])
    return out.getvalue()


def safe(text: str) -> str:
    """The cell with a leading apostrophe when a spreadsheet would run it.

    >>> safe("=1+1"), safe("S-001")
    ("'=1+1", 'S-001')
    """
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def package(run: TrainingRun, *, by: object) -> Iterator[bytes]:
    """The run's networks, recipe and model card as one zip, piece by piece; refused before the first piece or never.

    ``by`` is who asked for it, for the audit log.
    """
    ensemble = ensemble_of(run)
    refuse_lost_files(ensemble)
    record("run.exported", actor=by, target=f"run:{run.pk}", form="ensemble", networks=len(ensemble.members))

    def documents(digests: Mapping[int, str]) -> dict[str, str]:
        found = model_card(run, digests)
        return {"model-card.md": card.markdown(found), "model-card.html": card.page(found)}

    return pieces(ensemble, crop=crop_facts(), made_with=MADE_WITH, documents=documents)


def crop_facts() -> dict[str, object]:
    """How a face is cut out for the networks: side in pixels, and where its five landmarks fall."""
    return {
        "size": CROP,
        "channels": "red, green, blue",
        "landmarks": "left eye, right eye, nose, left and right corner of the mouth, left as seen",
        "template": template(CROP).round(4).tolist(),
        "fit": "least-squares similarity (rotation, scale, shift); beyond the photo its edge is continued",
    }


def write_package(run: TrainingRun, path: Path, *, by: object) -> None:
    """The same into a file, which is there whole or not at all."""
    given = package(run, by=by)
    write_whole(path, given)


def write_onnx(run: TrainingRun, path: Path, *, by: object) -> list[Path]:
    """The networks as one ONNX model from the aligned face to the probability; the files made (see the engine)."""
    from training.engine import onnx_file

    ensemble = ensemble_of(run)
    refuse_lost_files(ensemble)
    digests = {member.fold: fingerprint(member.weights) for member in ensemble.members}
    told = {"model_card": card.markdown(model_card(run, digests)), "crop": json.dumps(crop_facts())}
    try:
        made = onnx_file.write_onnx(ensemble, path, told={**told, "made_with": MADE_WITH})
    except onnx_file.MissingLibrary as error:
        raise Refused(f"{error}.") from None
    record("run.exported", actor=by, target=f"run:{run.pk}", form="onnx", networks=len(ensemble.members))
    return made


def write_whole(path: Path, given: Iterator[bytes]) -> None:
    part = path.with_name(f".part-{path.name}")
    try:
        with part.open("wb") as file:
            for piece in given:
                file.write(piece)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
