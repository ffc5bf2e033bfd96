"""Which key means what: the reader's own, or F on the left and J on the right."""

import string
from typing import Any

from django.utils.translation import gettext as _

from readerstudy.reading.models import ReadingSession
from readerstudy.refusal import Refused

LEFT_KEY, RIGHT_KEY = "f", "j"
# Digits give the confidence, P pauses, Z takes back, Space, Enter and Escape move about in every page.
RESERVED = [*string.digits, "p", "z", " "]
ANSWERS = ("gs", "not_gs")


def default_keys(gs_side: str) -> dict[str, str]:
    """``{"gs": ..., "not_gs": ...}`` with the left key on the left button."""
    is_right = gs_side == ReadingSession.Side.RIGHT
    return {"gs": RIGHT_KEY if is_right else LEFT_KEY, "not_gs": LEFT_KEY if is_right else RIGHT_KEY}


def keys_of(session: ReadingSession | None) -> dict[str, str]:
    """The keys of a session; those the reader chose in an earlier one where this one has none of its own yet."""
    if session is None:
        return default_keys(ReadingSession.Side.RIGHT)
    chosen = session.device.get("keys")
    if chosen is None:
        others = session.reader.sessions.filter(is_practice=False, gs_side=session.gs_side).order_by("-occasion")
        chosen = next((other.device["keys"] for other in others if other.device.get("keys")), None)
    return dict(chosen or default_keys(session.gs_side))


def checked_keys(keys: Any) -> dict[str, str]:
    """What the device check sent, lower-cased; refused with a sentence where it would not do."""
    if not isinstance(keys, dict) or set(keys) != set(ANSWERS) or not all(isinstance(k, str) for k in keys.values()):
        raise Refused(_("Choose one key for GS and one for not GS."))
    lowered = {name: key.lower() for name, key in keys.items()}
    for key in lowered.values():
        if len(key) != 1 or not key.isprintable() or key.isspace():
            raise Refused(_("An answer key has to be a single letter or sign that can be printed."))
        if key in RESERVED:
            raise Refused(
                _("The key %(key)s has another meaning on the reading page: choose a different one.")
                % {"key": key.upper()}
            )
    if lowered["gs"] == lowered["not_gs"]:
        raise Refused(_("GS and not GS need two different keys."))
    return lowered
