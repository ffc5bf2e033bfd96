"""Whether anybody could look at results before the last answer was given: said with every comparison."""

from datetime import datetime
from typing import Any

from django.utils.dateformat import format as written
from django.utils.translation import gettext as _


def blinding_words(study: dict[str, Any]) -> list[str]:
    """From the facts of the study that are stored with a comparison; nothing to say where all were blind to the end."""
    found = []
    if study["status"] == "open" and study.get("is_interim_allowed"):
        found.append(
            _(
                "The reading is still open: these are interim numbers, which the protocol allows, and will change with "
                "every call."
            )
        )
    elif study["status"] == "open":
        found.append(_("The reading is still open: these are interim numbers and will change with every call."))
    elif study.get("is_interim_allowed"):
        found.append(_("The protocol allowed looks at interim results while the reading went on."))
    if early := study.get("unblinded"):
        words = _("Unblinded early, on %(day)s, before the reading was closed, because: %(reason)s.")
        found.append(words % {"day": _day(early["at"]), "reason": early["reason"].rstrip(".")})
    if reopened := study.get("reopened_at"):
        words = _("The reading was closed and opened again on %(day)s: results could be seen before its end.")
        found.append(words % {"day": _day(reopened)})
    return found


def _day(moment: str) -> str:
    return written(datetime.fromisoformat(moment), _("j F Y"))
