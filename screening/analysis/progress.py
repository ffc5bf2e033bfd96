"""How far a long computation is: told by who computes, heard by who waits. The hearer may raise to stop the work."""

from collections.abc import Callable

Tell = Callable[[float, str], None]  # the share done, 0..1, and what comes now, in words


def silent(share: float, step: str) -> None:
    """Nobody waits."""


def part(tell: Tell, start: float, end: float) -> Tell:
    """The same hearer for a piece of the work: its 0..1 is ``start`` to ``end`` of the whole."""
    return lambda share, step: tell(start + share * (end - start), step)
