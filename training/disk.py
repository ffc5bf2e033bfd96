"""How many bytes a run keeps, fold by fold, and what each part is for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from readerstudy import stored
from training.models import Fold, State, TrainingRun
from training.weights import files_of


@dataclass(frozen=True, kw_only=True)
class FoldFiles:
    """Bytes of one fold: its network, its heat maps, and what only a fold in training needs."""

    index: int
    network: int
    heat_maps: int
    checkpoints: int
    is_lost: bool  # the fold finished but its network's file is gone

    @property
    def total(self) -> int:
        return self.network + self.heat_maps + self.checkpoints


@dataclass(frozen=True, kw_only=True)
class DiskUse:
    """Bytes of a run. ``shared`` are files of no fold; ``network`` and the others are sums over the folds."""

    folds: list[FoldFiles]
    shared: int

    @property
    def network(self) -> int:
        return sum(fold.network for fold in self.folds)

    @property
    def heat_maps(self) -> int:
        return sum(fold.heat_maps for fold in self.folds)

    @property
    def checkpoints(self) -> int:
        return sum(fold.checkpoints for fold in self.folds)

    @property
    def total(self) -> int:
        return self.shared + sum(fold.total for fold in self.folds)

    @property
    def lost(self) -> list[int]:
        """Numbers (1, 2, ...) of the finished folds without their network."""
        return [fold.index + 1 for fold in self.folds if fold.is_lost]


def disk_use(run: TrainingRun, folds: Iterable[Fold]) -> DiskUse:
    """Every file below the run's directory and its folder of heat maps, counted once."""
    folds = list(folds)
    found = [_fold_files(run, fold) for fold in folds]
    everything = sum(_size(path) for path in files_of(run.pk).rglob("*"))
    return DiskUse(folds=found, shared=everything - sum(fold.network + fold.checkpoints for fold in found))


def _fold_files(run: TrainingRun, fold: Fold) -> FoldFiles:
    network = _size(Path(settings.DATA_DIR) / fold.weights) if fold.weights else 0
    attempts = files_of(run.pk).glob(f"{fold.pk}-*")
    files = sum(_size(path) for folder in attempts for path in folder.rglob("*"))
    return FoldFiles(
        index=fold.index,
        network=network,
        heat_maps=sum(_stored(f"heat/{run.pk}/{fold.pk}-{attempt}") for attempt in range(1, fold.attempts + 1)),
        checkpoints=max(0, files - network),
        is_lost=fold.state == State.FINISHED and bool(fold.weights) and not network,
    )


def _size(path: Path) -> int:
    """A worker may remove or rename a file while the page looks at it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _stored(folder: str) -> int:
    return sum(size for _, size in stored.sizes_below(folder))
