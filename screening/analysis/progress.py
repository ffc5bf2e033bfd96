"""How far a long computation is: told by who computes, heard by who waits. The hearer may raise to stop the work."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

Tell = Callable[[float, str], None]  # the share done, 0..1, and what comes now, in words


def silent(share: float, step: str) -> None:
    """Nobody waits."""


def part(tell: Tell, start: float, end: float) -> Tell:
    """The same hearer for a piece of the work: its 0..1 is ``start`` to ``end`` of the whole."""
    return lambda share, step: tell(start + share * (end - start), step)


# Steps are stored in English, as whoever computes tells them; ``AGAINST`` follows a reader's code.
STEPS = (
    gettext_noop("Reading the calls"),
    gettext_noop("The model's curve and its band"),
    gettext_noop("The readers as a group"),
    gettext_noop("Storing the result"),
)
AGAINST = " against the model"


def step_words(step: str) -> str:
    """A stored step in the language of whoever looks."""
    if step in STEPS:
        return _(step)
    if step.endswith(AGAINST):
        return _("%(code)s against the model") % {"code": step.removesuffix(AGAINST)}
    return step
