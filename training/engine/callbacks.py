"""What watches a training: looks at the validation part after each epoch, keeps the best, stops early or on request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras

from training.engine.checkpoint import Best, Checkpoint, take
from training.engine.data import Crops
from training.engine.material import TrainingError
from training.engine.metrics import auc
from training.engine.predict import score_store
from training.engine.recipe import Recipe
from training.engine.results import Cancelled
from training.engine.snapshots import joined


class Watch(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Progress, early stopping, best epoch and cancelling, from the validation part only.

    `on_checkpoint` gets the state after each epoch; `resume` takes one up.
    """

    def __init__(
        self,
        *,
        recipe: Recipe,
        store: Crops,
        truth: NDArray[np.bool_],
        on_epoch: Callable[[dict[str, float]], None],
        should_stop: Callable[[], bool],
        on_checkpoint: Callable[[Checkpoint], None],
        key: str,
    ) -> None:
        super().__init__()
        self.recipe, self.store, self.truth, self.key = recipe, store, truth, key
        self.on_epoch, self.should_stop, self.on_checkpoint = on_epoch, should_stop, on_checkpoint
        self.best: Best | None = None
        self.history: list[dict[str, float]] = []
        self._started = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.should_stop():
            raise Cancelled("training was cancelled")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss = float((logs or {}).get("loss", math.nan))
        if not math.isfinite(loss):
            self.model.stop_training = True
            return
        averaged = self.recipe.average_weights > 0
        kept = self.model.get_weights() if averaged else []
        if averaged:
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self._look(epoch + 1, loss)
        if averaged:
            self.model.set_weights(kept)
        assert self.best is not None
        # While the head learns alone, patience does not count.
        is_over = 0 < self.recipe.patience <= epoch + 1 - max(self.best.epoch, self.recipe.head_epochs)
        self.model.stop_training = is_over
        # Told first: a worker that has lost its fold raises here and writes no checkpoint any more.
        self.on_epoch(dict(self.history[-1]))
        self.on_checkpoint(take(self.model, key=self.key, history=self.history, best=self.best, is_over=is_over))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on as if this process had trained the epochs of the checkpoint."""
        self.best, self.history = checkpoint.best, [dict(report) for report in checkpoint.history]

    @property
    def best_epoch(self) -> int | None:
        """The epoch (1..) whose network `result` gives; None with snapshots, among which none is the best."""
        assert self.best is not None
        return self.best.epoch if self.recipe.networks == 1 else None

    def result(self, model: Any) -> Any:
        """The network of the best epoch; with snapshots the one that joins them."""
        assert self.best is not None
        if self.recipe.networks == 1:
            model.set_weights(self.best.weights)
            return model
        size = len(model.get_weights())
        kept = [self.best.weights[at : at + size] for at in range(0, len(self.best.weights), size)]
        if len(kept) < self.recipe.networks:
            raise TrainingError("the loss stopped being a number before the last network: lower the learning rate")
        return joined(self.recipe, kept)

    def figures_of(self, model: Any) -> tuple[float, float, float]:
        """Loss, AUC and accuracy of a network on the validation part."""
        scores = score_store(model, self.store, recipe=self.recipe)
        chance = np.clip(np.where(self.truth, scores, 1 - scores), 1e-7, 1.0)
        right = (scores >= 0.5) == self.truth
        return float(-np.log(chance).mean()), auc(self.truth, scores), float(right.mean())

    def _look(self, epoch: int, loss: float) -> None:
        val_loss, val_auc, val_accuracy = self.figures_of(self.model)
        value = val_loss if self.recipe.monitor == "val_loss" else -self._smooth_auc(val_auc)
        self._keep(epoch, value)
        assert self.best is not None
        self.history.append(
            {
                "epoch": epoch,
                "epochs": self.recipe.epochs,
                "loss": loss,
                "val_loss": val_loss,
                "val_auc": val_auc,
                "val_accuracy": val_accuracy,
                "best_epoch": self.best.epoch,
                "learning_rate": float(np.asarray(self.model.optimizer.learning_rate)),
                "seconds": time.monotonic() - self._started,
            }
        )

    def _keep(self, epoch: int, value: float) -> None:
        """The best network so far; with snapshots those kept so far, one after the other."""
        if self.recipe.networks == 1:
            if self.best is None or value <= self.best.value:
                self.best = Best(epoch=epoch, value=value, weights=self.model.get_weights())
            return
        epochs = self.recipe.kept_epochs
        if self.best is None or epoch in epochs:
            earlier = self.best.weights if self.best and epoch > epochs[0] else []
            self.best = Best(epoch=epoch, value=value, weights=[*earlier, *self.model.get_weights()])

    def _smooth_auc(self, latest: float) -> float:
        """Mean of up to three epochs: on a small validation part one epoch's AUC is mostly luck."""
        return float(np.mean([*(report["val_auc"] for report in self.history[-2:]), latest]))
