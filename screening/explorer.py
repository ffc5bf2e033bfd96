"""What the explorer needs beside a stored result: the calibrated probabilities of its cases, and a valid prevalence."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from screening.analysis.explorer import COMMONEST, RAREST, START_ONE_IN
from screening.models import Comparison
from screening.tables import Floats
from training.run_numbers import held_out


def calibrated_of(comparison: Comparison) -> Floats | None:
    """By the comparison's order of cases; None where the run has none, or not of every case.

    Scores of a finished run never change, so what is read now is what was there when the comparison was made.
    """
    table = held_out([comparison.run]).get(comparison.run_id)
    if table is None:
        return None
    of_photo = dict(zip(table.photo.tolist(), table.calibrated.tolist(), strict=True))
    found = np.array([of_photo.get(photo, np.nan) for photo in comparison.result["rows"]["photo"]])
    return None if np.isnan(found).any() else found


def prevalence_of(wish: Any) -> float:
    """One child in so many, from an address or a form."""
    if wish in (None, ""):
        return START_ONE_IN
    try:
        one_in = float(wish)
    except ValueError:
        one_in = float("nan")
    if not COMMONEST <= one_in <= RAREST:
        words = _("The prevalence is one in 1.02 to one in 1,000,000 children, not one in %(wish)s.")
        raise Refused(words % {"wish": str(wish)[:20]})
    return one_in
