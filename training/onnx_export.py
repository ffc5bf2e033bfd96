"""A run's ONNX model through the page: asked for there, written by a worker, kept beside the run's networks."""

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_noop as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from training import exports
from training.beat import heartbeat
from training.ensembles import ensemble_of, refuse_lost_files
from training.models import TrainingRun
from training.weights import files_of

log = logging.getLogger(__name__)

NAME = "ensemble.onnx"
NAMES = (NAME, f"{NAME}.data")  # the second only where one file may not hold all weights
ASKED = "asked by "
BEAT_SECONDS = 15.0
MOST_TRIES = 3


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
    text = note.read_text() if note.is_file() else None
    is_asked = text is not None and _is_wish(text)
    problem = "" if text is None or is_asked else text
    return OnnxState(files=files if files[:1] == (folder / NAME,) else (), is_asked=is_asked, problem=problem)


def ask_for_onnx(*, run: TrainingRun, by: User) -> None:
    """Wake a worker to write the model; refused at once when the run has not all its networks."""
    refuse_lost_files(ensemble_of(run))
    for name in NAMES:
        (files_of(run.pk) / name).unlink(missing_ok=True)
    who = f"user:{by.pk}"
    _note(run.pk).write_text(f"{ASKED}{who}\n")
    send("training.write_onnx", run.pk, who)


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
        with heartbeat(lambda: _beat(_note(run_id)), every=BEAT_SECONDS, name=f"ONNX model of run {run_id}"):
            exports.write_onnx(run, files_of(run_id) / NAME, by=by)
    except Refused as refusal:
        _note(run_id).write_text(refusal.message)
    except Exception as error:
        log.exception("The ONNX model of run %s could not be written.", run_id)
        _note(run_id).write_text(
            _("The model could not be written (%(name)s: %(error)s).") % {"name": type(error).__name__, "error": error}
        )
    else:
        _note(run_id).unlink(missing_ok=True)
    return True


def ask_again(*, unheard_before: datetime) -> int:
    """Send the wishes again that no worker has touched since; how many. After three tries the page says so instead."""
    notes = (Path(settings.DATA_DIR) / "runs").glob(f"*/{NAME}.txt")
    return sum(_ask_again(note, unheard_before) for note in sorted(notes) if note.parent.name.isdigit())


def _ask_again(note: Path, unheard_before: datetime) -> int:
    try:
        text, touched = note.read_text(), note.stat().st_mtime
    except FileNotFoundError:  # a worker has just ended
        return 0
    if not _is_wish(text) or touched >= unheard_before.timestamp():
        return 0
    who, *again = text.splitlines() or [ASKED]
    if len(again) + 1 >= MOST_TRIES:
        note.write_text(
            _("No worker ended the model in %(most_tries)s tries: see the worker's log, then ask again.")
            % {"most_tries": MOST_TRIES}
        )
        return 0
    note.write_text(text + "sent again\n")
    send("training.write_onnx", int(note.parent.name), who.removeprefix(ASKED))
    return 1


def _is_wish(text: str) -> bool:
    return not text or text.startswith(ASKED)


def _beat(note: Path) -> bool:
    """The worker lives; False when nobody waits any more."""
    try:
        os.utime(note)
    except FileNotFoundError:
        return False
    return True


def _note(run_id: int) -> Path:
    """Who asked while a worker is at it, the problem once it could not; gone when the model is there."""
    folder = files_of(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{NAME}.txt"
