"""The right to train one trial of a search."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class TrialLease:
    """Held by the worker whose claim changed the trial's row; ``attempt`` fences off whoever held it before."""

    trial_id: int
    search_id: int
    attempt: int


def files_of(search_id: int) -> Path:
    """Where a search keeps checkpoints while it runs; nothing of it stays."""
    return Path(settings.DATA_DIR) / "searches" / str(search_id)


def directory_of(lease: TrialLease) -> Path:
    """Where the attempt keeps its checkpoint; an attempt never meets the files of another."""
    return files_of(lease.search_id) / f"{lease.trial_id}-{lease.attempt}"
