"""How unusual one value is among those of a reference sample: the share of the sample that is at least as extreme.

References
----------
Vovk, Gammerman, Shafer 2005, Algorithmic Learning in a Random World (conformal p values).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import as_floats, check_choice

SIDES = ("low", "high", "both")


@dataclass(frozen=True)
class Tail:
    """``beyond`` of ``n`` reference values are at least as extreme; ``p`` counts the value itself among them.

    If the value comes from where the reference came from, ``p`` is below a with a probability of at most a.
    """

    beyond: int
    n: int
    share: float
    p: float
    side: str


def tail(value: float, reference: ArrayLike, *, side: str = "both") -> Tail:
    """Where ``value`` lies in the tail of ``reference``.

    Parameters
    ----------
    value : float
    reference : array of shape (n,), at least one
    side : {"low", "high", "both"}
        Which values are extreme. "both" takes the thinner tail and doubles it.

    Returns
    -------
    Tail

    Raises
    ------
    ValueError
        No reference, a value that is no number, or another side.

    Examples
    --------
    >>> found = tail(3.5, [1, 2, 3, 4], side="high")
    >>> found.beyond, found.share, found.p
    (1, 0.25, 0.4)
    >>> tail(0, [1, 2, 3, 4]).share
    0.0
    """
    check_choice(side, "side", SIDES)
    known = as_floats(reference, "reference")
    if not known.size:
        raise ValueError("reference is empty: there is nothing to compare with.")
    value = float(as_floats([value], "value")[0])
    if side == "both":
        low, high = tail(value, known, side="low"), tail(value, known, side="high")
        thin = low if low.beyond <= high.beyond else high
        return Tail(thin.beyond, thin.n, min(1.0, 2 * thin.share), min(1.0, 2 * thin.p), thin.side)
    beyond = int(np.sum(known <= value) if side == "low" else np.sum(known >= value))
    return Tail(beyond, known.size, beyond / known.size, (beyond + 1) / (known.size + 1), side)
