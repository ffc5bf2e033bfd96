"""A run's ONNX model through the page: asked for there, written by a worker, kept beside the run's networks."""

import logging
from dataclasses import dataclass
from pathlib import Path

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from training import exports
from training.ensembles import ensemble_of, refuse_lost_files
from training.models import TrainingRun
from training.weights import files_of

log = logging.getLogger(__name__)

NAME = "ensemble.onnx"
NAMES = (NAME, f"{NAME}.data")  # the second only where one file may not hold all weights


@dataclass(frozen=True, kw_only=True)
class OnnxState:
    """`files` can be downloaded; else it `is_asked` for and a worker is at it, or `problem` says why there is none."""

    files: tuple[Path, ...]
    is_asked: bool
    problem: str


def onnx_state(run: TrainingRun) -> OnnxState:
    """What became of the wish for an ONNX model."""
    folder = files_of(run.pk)
    files = tuple(folder / name for name in NAMES if (folder / name).is_file())
    note = _note(run.pk)
    problem = note.read_text() if note.is_file() else ""
    return OnnxState(files=files if files[:1] == (folder / NAME,) else (), is_asked=note.is_file() and not problem,
                     problem=problem)  # fmt: skip


def ask_for_onnx(*, run: TrainingRun, by: User) -> None:
    """Wake a worker to write the model; refused at once when the run has not all its networks."""
    refuse_lost_files(ensemble_of(run))
    for name in NAMES:
        (files_of(run.pk) / name).unlink(missing_ok=True)
    _note(run.pk).write_text("")
    send("training.write_onnx", run.pk, f"user:{by.pk}")


def taken(*, run: TrainingRun, name: str, by: User) -> Path | None:
    """The file of that name, with a note in the audit log of who took it; None when the model has no such file."""
    file = next((file for file in onnx_state(run).files if file.name == name), None)
    if file:
        record("run.onnx_taken", actor=by, target=f"run:{run.pk}", file=name)
    return file


def write_onnx(*, run_id: int, by: str) -> bool:
    """In the worker: the model, or a sentence why there is none. False when nobody waits for it."""
    run = TrainingRun.objects.select_related("cohort").filter(pk=run_id).first()
    if run is None or not onnx_state(run).is_asked:
        return False
    try:
        exports.write_onnx(run, files_of(run_id) / NAME, by=by)
    except Refused as refusal:
        _note(run_id).write_text(refusal.message)
    except Exception as error:
        log.exception("The ONNX model of run %s could not be written.", run_id)
        _note(run_id).write_text(f"The model could not be written ({type(error).__name__}: {error}).")
    else:
        _note(run_id).unlink(missing_ok=True)
    return True


def _note(run_id: int) -> Path:
    """Empty while a worker is asked, the problem once it could not; gone when the model is there."""
    folder = files_of(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{NAME}.txt"
