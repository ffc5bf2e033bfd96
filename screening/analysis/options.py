"""What the investigator may choose, checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from readerstudy.refusal import Refused
from screening.analysis.words import said

REPLICATES = (200, 2000, 10_000)  # the paper used 200; pROC's default is 2000
LEVELS = (0.90, 0.95, 0.99)
BY = ("specificity", "sensitivity")
# The day the paper appeared; any fixed number would do, what matters is that it is stored with the result.
DEFAULT_SEED = 20_210_803


@dataclass(frozen=True, kw_only=True)
class Options:
    """``by`` names the coordinate at which a reader is held against the model (the other one is compared)."""

    replicates: int = 2000
    level: float = 0.95
    by: str = "specificity"
    seed: int = DEFAULT_SEED
    margin: float | None = None  # non-inferiority margin for model minus reader, as a fraction
    without_flagged: bool = False  # sensitivity analysis: leave out calls after an exposure that was not clean

    def __post_init__(self) -> None:
        if self.replicates not in REPLICATES:
            words = _("Choose %(known)s replicates, not %(wish)s.")
            raise Refused(words % {"known": _listed(REPLICATES), "wish": repr(self.replicates)})
        if self.level not in LEVELS:
            words = _("Choose a level of %(known)s, not %(wish)s.")
            raise Refused(words % {"known": _listed(LEVELS), "wish": repr(self.level)})
        if self.by not in BY:
            words = _("Readers are compared by %(known)s, not by %(wish)s.")
            raise Refused(words % {"known": _listed(BY), "wish": repr(self.by)})
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**53:
            raise Refused(_("The seed is a whole number from 0 to 9 007 199 254 740 991."))
        if self.margin is not None and not 0 < self.margin <= 0.5:
            raise Refused(_("The non-inferiority margin is a difference of two rates: more than 0 and at most 0.5."))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Options":
        """The options of a form, an API call or a stored comparison; an unknown one is refused."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            words = _("Unknown option %(unknown)s: there are %(known)s.")
            raise Refused(words % {"unknown": ", ".join(unknown), "known": _listed(sorted(known))})
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def changes(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The options that one click changes: for each its values, which of them stands, and how it is written."""
    lines: list[tuple[str, str, list[tuple[Any, str]]]] = [
        ("replicates", _("Replicates"), [(n, f"{n:,}".replace(",", "\u202f")) for n in REPLICATES]),
        ("by", _("Readers judged at their own"), [(by, said(by)) for by in BY]),
        ("level", _("Level"), [(level, f"{100 * level:g}\u00a0%") for level in LEVELS]),
        (
            "without_flagged",
            _("Calls after a flagged exposure"),
            [(False, pgettext("calls", "kept")), (True, pgettext("calls", "left out"))],
        ),
    ]
    return [
        {
            "name": name,
            "label": label,
            "values": [
                {"value": value, "words": words, "is_chosen": options.get(name, False) == value}
                for value, words in values
            ],
        }
        for name, label, values in lines
    ]


def _listed(values: Any) -> str:
    *first, last = (f"{value}" for value in values)
    return _("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last}
