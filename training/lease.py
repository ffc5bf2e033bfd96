"""The right to train one fold, and what a lost one means."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Held by the worker whose claim changed the fold's row.

    ``attempt`` fences: when a fold is taken up again by another worker its number rises, and nothing that the first
    worker still writes finds its row.
    """

    fold_id: int
    run_id: int
    attempt: int
