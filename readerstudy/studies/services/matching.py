"""Controls matched to the GS of a cohort: same sex, nearest age, each control once.

Within a sex the pairs are the best possible: as many as the caliper allows, and among those the ones with the smallest
sum of age differences (the assignment problem; Crouse 2016, IEEE Trans Aerosp Electron Syst 52:1679, as in SciPy).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Photo, Study
from readerstudy.studies.selectors.studies import eligible_photos
from readerstudy.studies.services.studies import choose_cases, create_study

CALIPER_MONTHS = 12.0
WIDEST_MONTHS = 240.0
# Of one sex and group: 3 000 x 3 000 take 72 MB and some seconds.
MOST = 3000


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two index photos; ``months`` is the age of the GS minus the age of the control."""

    gs: Photo
    control: Photo

    @property
    def months(self) -> float:
        return self.gs.subject.age_months - self.control.subject.age_months


@dataclass(frozen=True, kw_only=True)
class Side:
    """One group in the table of balance; ages in months, SD with n - 1."""

    n: int
    girls: int
    age_mean: float | None
    age_sd: float | None


@dataclass(frozen=True, kw_only=True)
class Balance:
    """GS beside controls. Standardised differences: Austin 2009, Stat Med 28:3083; None where nothing varies."""

    gs: Side
    controls: Side
    age_difference: float | None
    girls_difference: float | None

    @property
    def both(self) -> tuple[Side, Side]:
        return self.gs, self.controls


@dataclass(frozen=True, kw_only=True)
class Proposal:
    caliper: float  # months
    pairs: list[Pair]
    unmatched: list[tuple[Photo, str]]  # GS without a control, and why
    before: Balance
    after: Balance

    @property
    def photos(self) -> list[Photo]:
        return [photo for pair in self.pairs for photo in (pair.gs, pair.control)]

    @property
    def median_months(self) -> float | None:
        return median(abs(pair.months) for pair in self.pairs) if self.pairs else None

    @property
    def widest_months(self) -> float | None:
        return max((abs(pair.months) for pair in self.pairs), default=None)


def propose_matches(*, cohort: Cohort, caliper: float = CALIPER_MONTHS) -> Proposal:
    """Pair every GS that can be read with a control of the same sex at most ``caliper`` months older or younger.

    The same cohort and caliper give the same pairs. Only faces that a reader could be shown take part.

    Raises
    ------
    Refused
        For a caliper outside 0 to 240 months, or more than 3 000 children of one sex in a group.
    """
    if not 0 <= caliper <= WIDEST_MONTHS:
        raise Refused(_("The caliper is 0 to %(widest_months)s months.") % {"widest_months": f"{WIDEST_MONTHS:g}"})
    photos = [photo for photo in eligible_photos(cohort) if photo.subject.has_syndrome is not None]
    gs, controls = (_known([p for p in photos if p.subject.has_syndrome is truth]) for truth in (True, False))
    pairs = [pair for sex in "FM" for pair in _best_pairs(_of(gs, sex), _of(controls, sex), caliper)]
    pairs.sort(key=lambda pair: pair.gs.subject.code)
    paired = {pair.gs.pk for pair in pairs}
    left = [p for p in photos if p.subject.has_syndrome and p.pk not in paired]
    return Proposal(
        caliper=caliper,
        pairs=pairs,
        unmatched=[(photo, _why(photo, controls, caliper)) for photo in left],
        before=_balance(gs, controls),
        after=_balance([pair.gs for pair in pairs], [pair.control for pair in pairs]),
    )


def _known(photos: Sequence[Photo]) -> list[Photo]:
    return [photo for photo in photos if photo.subject.sex and photo.subject.age_months is not None]


def _of(photos: Sequence[Photo], sex: str) -> list[Photo]:
    return [photo for photo in photos if photo.subject.sex == sex]


def _best_pairs(gs: list[Photo], controls: list[Photo], caliper: float) -> list[Pair]:
    from scipy.optimize import linear_sum_assignment

    if not gs or not controls:
        return []
    if max(len(gs), len(controls)) > MOST:
        raise Refused(
            _("A group has more than %(most)s children of one sex: match a smaller cohort.") % {"most": f"{MOST:,}"},
            status=409,
        )
    apart = np.abs(_ages(gs)[:, None] - _ages(controls)[None, :])
    # A pair outside the caliper costs more than all allowed ones together, so that one never buys another.
    forbidden = (caliper + 1) * (min(apart.shape) + 1)
    rows, columns = linear_sum_assignment(np.where(apart <= caliper, apart, forbidden))
    chosen = zip(rows, columns, strict=True)
    return [Pair(gs=gs[i], control=controls[j]) for i, j in chosen if apart[i, j] <= caliper]


def _ages(photos: Sequence[Photo]) -> np.ndarray:
    return np.array([photo.subject.age_months for photo in photos], dtype=np.float64)


def _why(photo: Photo, controls: list[Photo], caliper: float) -> str:
    subject = photo.subject
    if not subject.sex or subject.age_months is None:
        return _("The sex or the age is not stated.")
    near = [c for c in _of(controls, subject.sex) if abs(c.subject.age_months - subject.age_months) <= caliper]
    is_girl, months = subject.sex == "F", {"caliper": f"{caliper:g}"}
    if near:
        taken_girls = _("Every girl among the controls near that age is paired with another child.")
        taken_boys = _("Every boy among the controls near that age is paired with another child.")
        return taken_girls if is_girl else taken_boys
    no_girl = _("No girl among the controls is at most %(caliper)s months older or younger.")
    no_boy = _("No boy among the controls is at most %(caliper)s months older or younger.")
    return (no_girl if is_girl else no_boy) % months


def _balance(gs: Sequence[Photo], controls: Sequence[Photo]) -> Balance:
    sides = [_side(gs), _side(controls)]
    shares = [side.girls / side.n if side.n else None for side in sides]
    spread = [None if share is None else share * (1 - share) for share in shares]
    variances = [None if side.age_sd is None else side.age_sd**2 for side in sides]
    return Balance(
        gs=sides[0],
        controls=sides[1],
        age_difference=_standardised([side.age_mean for side in sides], variances),
        girls_difference=_standardised(shares, spread),
    )


def _side(photos: Sequence[Photo]) -> Side:
    ages = [photo.subject.age_months for photo in photos]
    return Side(
        n=len(photos),
        girls=len(_of(photos, "F")),
        age_mean=mean(ages) if ages else None,
        age_sd=stdev(ages) if len(ages) > 1 else None,
    )


def _standardised(means: Sequence[float | None], variances: Sequence[float | None]) -> float | None:
    """Difference of two means over the root of the mean variance."""
    if None in means or None in variances or not sum(variances):
        return None
    return float((means[0] - means[1]) / np.sqrt(sum(variances) / 2))


@transaction.atomic
def study_of_matches(*, cohort: Cohort, caliper: float, name: str, by: User) -> Study:
    """A draft on the matched faces, with the paper's protocol.

    Raises
    ------
    Refused
        When there is no pair, or the name is taken.
    """
    proposal = propose_matches(cohort=cohort, caliper=caliper)
    if not proposal.pairs:
        raise Refused(
            _("No pair within %(caliper)s months: widen the caliper, or import controls of that age.")
            % {"caliper": f"{caliper:g}"}
        )
    study = create_study(cohort=cohort, name=name, created_by=by)
    choose_cases(study=study, by=by, how="photos", photos=proposal.photos)
    record(
        "cases.matched",
        actor=by,
        target=f"study:{study.pk}",
        caliper_months=caliper,
        pairs=len(proposal.pairs),
        unmatched=len(proposal.unmatched),
    )
    return study


CSV_HEADER = ("pair", "gs", "gs_age_months", "control", "control_age_months", "sex", "difference_months")


def pair_rows(proposal: Proposal) -> list[tuple[object, ...]]:
    return [
        (
            number,
            pair.gs.subject.code,
            pair.gs.subject.age_months,
            pair.control.subject.code,
            pair.control.subject.age_months,
            pair.gs.subject.sex,
            round(pair.months, 3),
        )
        for number, pair in enumerate(proposal.pairs, 1)
    ]
