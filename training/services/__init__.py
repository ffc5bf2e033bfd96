"""Everything that writes runs, folds and predictions."""

from training.services.faces import find_faces
from training.services.folds import beat, claim_fold, fail_fold, save_epoch, store_scores
from training.services.reaper import requeue_stale
from training.services.runs import cancel_run, create_run, fail_run, prepare_run, repeat_run
from training.services.screen import erase_new_photo, keep_new_photo, score_new_photo, submit_new_photo

__all__ = [
    "beat",
    "cancel_run",
    "claim_fold",
    "create_run",
    "erase_new_photo",
    "fail_fold",
    "fail_run",
    "find_faces",
    "keep_new_photo",
    "prepare_run",
    "repeat_run",
    "requeue_stale",
    "save_epoch",
    "score_new_photo",
    "store_scores",
    "submit_new_photo",
]
