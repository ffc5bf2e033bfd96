"""The order in which one reader meets the cases: drawn once, stored, and drawn again alike from seed and version."""

import random
from collections.abc import Sequence

# "shuffle-1": every case gets a number from random.Random(seed).random() and the cases are sorted by it. Python
# promises that random() gives the same sequence for a seed in every version; it does not promise so of shuffle().
ORDER_VERSION = "shuffle-1"


def draw_order(cases: Sequence[int], *, seed: int, repeats_percent: int = 0) -> list[tuple[int, int]]:
    """``[(case, repetition), ...]``: all cases once at random, and the planned repeats far behind their first showing.

    Repeats are drawn from the first half and mixed into the last third, so that at least a sixth of the study lies
    between the two looks; when more are asked for than the first half holds, the rest follows at the very end.

    >>> draw_order([1, 2, 3, 4], seed=7) == draw_order([4, 3, 2, 1], seed=7)
    True
    """
    draws = random.Random(seed)
    order = _shuffled(sorted(cases), draws)
    wanted = round(len(order) * repeats_percent / 100)
    half, third = len(order) // 2, -(-len(order) // 3)
    early = _shuffled(order[:half], draws)[:wanted]
    late = _shuffled(order[half:], draws)[: wanted - len(early)]
    once = [(case, 0) for case in order]
    tail = _merged(once[len(once) - third :], [(case, 1) for case in early], draws)
    return once[: len(once) - third] + tail + [(case, 1) for case in late]


def _shuffled(items: Sequence[int], draws: random.Random) -> list[int]:
    keys = [draws.random() for _ in items]
    return [item for _, item in sorted(zip(keys, items, strict=True))]


def _merged(base: list[tuple[int, int]], extra: list[tuple[int, int]], draws: random.Random) -> list[tuple[int, int]]:
    """``extra`` put between the items of ``base`` at drawn places; ``base`` keeps its order."""
    result = list(base)
    for item in extra:
        result.insert(int(draws.random() * (len(result) + 1)), item)
    return result
