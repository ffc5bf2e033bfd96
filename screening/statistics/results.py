"""Result types shared by the modules, and their way into plain JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Estimate:
    """One number with its interval.

    ``value`` is NaN where the quantity is undefined; ``method`` names how the limits were made.
    """

    value: float
    lower: float
    upper: float
    level: float
    method: str


@dataclasses.dataclass(frozen=True)
class AucInterval:
    """Area under the ROC curve with an interval and how it was made.

    ``median`` and ``se`` are those of the bootstrap replicates (for DeLong: the value and the asymptotic SE).
    ``replicates``, ``stratified`` and ``seed`` are None where no resampling was done.
    """

    value: float
    lower: float
    upper: float
    median: float
    se: float
    level: float
    method: str
    replicates: int | None
    stratified: bool | None
    seed: int | None
    n_cases: int
    n_controls: int
    direction: str


def to_plain(result: Any) -> Any:
    """Turn a result into what ``json.dumps(..., allow_nan=False)`` takes.

    Dataclasses and mappings become dicts, arrays lists; NaN becomes None, infinities the words "inf" and "-inf".

    Parameters
    ----------
    result : dataclass, mapping, array, sequence, number, string or None

    Returns
    -------
    dict, list, str, float, int, bool or None

    Raises
    ------
    ValueError
        Anything else, for example a function.

    Examples
    --------
    >>> import numpy as np
    >>> to_plain({"a": np.array([1.0, np.nan, np.inf])})
    {'a': [1.0, None, 'inf']}
    """
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {field.name: to_plain(getattr(result, field.name)) for field in dataclasses.fields(result)}
    if isinstance(result, Mapping):
        return {str(key): to_plain(value) for key, value in result.items()}
    if isinstance(result, np.ndarray | np.generic):
        return to_plain(result.tolist())
    if isinstance(result, list | tuple):
        return [to_plain(value) for value in result]
    if isinstance(result, float) and not math.isfinite(result):
        return None if math.isnan(result) else ("inf" if result > 0 else "-inf")
    if result is None or isinstance(result, str | bool | int | float):
        return result
    raise ValueError(f"{type(result).__name__} has no plain form: hand in a result of this package.")
