"""Whether anybody could look at results before the last answer was given: said with every comparison."""

from datetime import datetime
from typing import Any


def blinding_words(study: dict[str, Any]) -> list[str]:
    """From the facts of the study that are stored with a comparison; nothing to say where all were blind to the end."""
    found = []
    if study["status"] == "open":
        allowed = ", which the protocol allows," if study.get("is_interim_allowed") else ""
        found.append(f"The reading is still open: these are interim numbers{allowed} and will change with every call.")
    elif study.get("is_interim_allowed"):
        found.append("The protocol allowed looks at interim results while the reading went on.")
    if early := study.get("unblinded"):
        reason = early["reason"].rstrip(".")
        found.append(f"Unblinded early, on {_day(early['at'])}, before the reading was closed, because: {reason}.")
    if reopened := study.get("reopened_at"):
        found.append(
            f"The reading was closed and opened again on {_day(reopened)}: results could be seen before its end."
        )
    return found


def _day(moment: str) -> str:
    at = datetime.fromisoformat(moment)
    return f"{at.day} {at:%B %Y}"
