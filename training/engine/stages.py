"""The stages of a training: all at once, or the head alone first and then deeper layers with a lower rate."""

from __future__ import annotations

from dataclasses import dataclass

from training.engine.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Epochs `first` (0..) up to `last` (not in it) train the layers from `train_from` on, at `rate` x the recipe's."""

    first: int
    last: int
    train_from: str
    rate: float

    @property
    def epochs(self) -> int:
        return self.last - self.first


def stages(recipe: Recipe) -> list[Stage]:
    """In their order; together they last as long as the recipe says.

    >>> from dataclasses import replace
    >>> whole = Recipe(epochs=10, weights="0" * 64)
    >>> [(stage.last, stage.train_from, stage.rate) for stage in stages(replace(whole, head_epochs=3))]
    [(3, 'head', 1.0), (10, 'all', 0.1)]
    """
    if not recipe.head_epochs:
        return [Stage(first=0, last=recipe.epochs, train_from=recipe.train_from, rate=1.0)]
    return [
        Stage(first=0, last=recipe.head_epochs, train_from="head", rate=1.0),
        Stage(first=recipe.head_epochs, last=recipe.epochs, train_from=recipe.train_from, rate=recipe.thawed_rate),
    ]
