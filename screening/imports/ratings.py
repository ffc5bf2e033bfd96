"""Ratings of the packages' files as calls with a confidence, without losing their order."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused

MOST_STEPS = 101  # a confidence is 0 to 100


def calls_of(ratings: Sequence[float], *, gs_from: float | None) -> list[tuple[bool, int | None]]:
    """(call, confidence) for each rating, all of one study together.

    * Only 0 and 1: the calls themselves.
    * Signed whole numbers, as this program writes them: the sign is the call, the size less one the confidence.
    * Anything else: GS from ``gs_from`` on; the confidence counts the steps away from there, in the order of the
      ratings that occur, so that a reader's ROC curve stays what it was.
    """
    values = sorted(set(ratings))
    if gs_from is None and set(values) <= {0.0, 1.0}:
        return [(rating == 1, None) for rating in ratings]
    if gs_from is None and _is_signed(values):
        return [(rating > 0, int(abs(rating)) - 1) for rating in ratings]
    if gs_from is None:
        words = _(
            "The ratings run from %(least)s to %(most)s: say from which rating on a reader calls GS (on the page: “GS "
            "from this rating on”; in the command: --gs-from)."
        )
        raise Refused(words % {"least": f"{values[0]:g}", "most": f"{values[-1]:g}"})
    above = [value for value in values if value >= gs_from]
    below = [value for value in values if value < gs_from][::-1]
    many_above = _(
        "There are %(n)d different ratings from %(limit)s, and a confidence has %(steps)d steps: round the ratings "
        "first."
    )
    many_below = _(
        "There are %(n)d different ratings below %(limit)s, and a confidence has %(steps)d steps: round the ratings "
        "first."
    )
    for side, words in ((above, many_above), (below, many_below)):
        if len(side) > MOST_STEPS:
            raise Refused(words % {"n": len(side), "limit": f"{gs_from:g}", "steps": MOST_STEPS})
    place = {value: i for side in (above, below) for i, value in enumerate(side)}
    return [(rating >= gs_from, place[rating]) for rating in ratings]


def _is_signed(values: list[float]) -> bool:
    """Never 0, and both signs occur: how ``screening.exports.mrmc`` writes a confidence with its call."""
    whole = all(value.is_integer() and 1 <= abs(value) <= MOST_STEPS for value in values)
    return whole and values[0] < 0 < values[-1]
