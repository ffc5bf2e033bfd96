"""Sample size of the next study: how many readers and cases for a wanted power. Numbers from ``statistics.power``."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from readerstudy.refusal import Refused
from screening.statistics import Pilot, cases_needed
from screening.statistics.power import Power, power

MEASURES = {
    "auc": "AUC",
    "sensitivity": gettext_lazy("sensitivity"),
    "specificity": gettext_lazy("specificity"),
    "balanced_accuracy": gettext_lazy("balanced accuracy"),
}
ANALYSES = {
    "RRRC": gettext_lazy("other readers and other cases"),
    "FRRC": gettext_lazy("these very readers, other cases"),
    "RRFC": gettext_lazy("other readers, these very cases"),
}
COMPONENTS = ("var_tr", "var", "cov1", "cov2", "cov3")
# Van Dyke et al. 1993 as read by five radiologists with two kinds of MRI (114 cases, AUC): to begin with, not to cite.
EXAMPLE = Pilot(var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114)
READERS_SHOWN = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30)
# As ``statistics.power`` says it, which knows no other language.
NO_POWER = gettext_noop("The pilot's components give no positive variance: power cannot be computed from them.")
MOST_CASES, MOST_READERS = 1_000_000, 1000
CURVE_POINTS = 60
FEWEST_ON_CURVE = 10
CSV_HEADER = ("readers", "cases", "cases_with_syndrome", "power", "kind")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is planned. ``effect``, ``target``, ``alpha`` and ``share`` (of cases with a syndrome) are fractions."""

    pilot: Pilot
    measure: str = "sensitivity"
    effect: float = 0.05
    target: float = 0.8
    alpha: float = 0.05
    analysis: str = "RRRC"
    readers: int = 5
    cases: int = 200
    share: float = 0.5


@dataclass(frozen=True)
class Row:
    """The fewest cases for one number of readers; None where no number of cases is enough."""

    readers: int
    cases: int | None
    with_syndrome: int | None
    power_as_planned: float  # with the cases of the wish
    most_power: float  # with a million cases
    is_planned: bool = False

    @property
    def looks(self) -> int:
        return 2 * self.readers * (self.cases or 0)


@dataclass(frozen=True)
class Plan:
    """The answer. ``reach`` is the span of needed cases when any one reader of the pilot is left out."""

    wish: Wish
    chosen: Power
    rows: tuple[Row, ...]
    planned: Row
    fewest_readers: int | None  # with the cases of the wish
    reach: tuple[int | None, ...] = field(default=())

    @property
    def with_syndrome(self) -> int:
        return of_mix(self.wish.cases, self.wish.share)


def plan(wish: Wish, *, without_each_reader: tuple[Pilot, ...] = ()) -> Plan:
    """Everything the page shows.

    Raises
    ------
    Refused
        When the components admit no power: the sentence of ``statistics.power``.
    """
    try:
        numbers = sorted({*READERS_SHOWN, wish.readers})
        rows = tuple(_row(wish, readers) for readers in numbers if readers > 1 or wish.analysis == "FRRC")
        chosen = _power(wish, readers=wish.readers, cases=wish.cases)
    except ValueError as problem:
        sentence = str(problem)
        raise Refused(_(sentence)) from problem
    planned = next(row for row in rows if row.readers == wish.readers)
    enough = [row.readers for row in rows if row.power_as_planned >= wish.target]
    reach = tuple(_cases(wish, pilot, wish.readers) for pilot in without_each_reader)
    return Plan(wish, chosen, rows, planned, min(enough, default=None), reach)


def of_mix(cases: int, share: float) -> int:
    """How many of them have a syndrome when the pilot's mix is kept."""
    return round(cases * share)


def curves(found: Plan) -> Iterator[tuple[int, list[int], list[float]]]:
    """Power over the number of cases, for a few numbers of readers around the planned one."""
    wish = found.wish
    top = max(2 * wish.cases, min(found.planned.cases or 0, 20 * wish.cases))
    grid = sorted(
        {round(FEWEST_ON_CURVE + i * (top - FEWEST_ON_CURVE) / CURVE_POINTS) for i in range(CURVE_POINTS + 1)}
    )
    for readers in _around(wish.readers):
        yield readers, grid, [_power(wish, readers=readers, cases=cases).power for cases in grid]


def csv_rows(found: Plan) -> Iterator[tuple[Any, ...]]:
    """The table and the curves as lines of one file; ``kind`` says which."""
    share = found.wish.share
    yield (found.wish.readers, found.wish.cases, found.with_syndrome, found.chosen.power, "planned")
    for row in found.rows:
        yield (row.readers, row.cases, row.with_syndrome, found.wish.target if row.cases else None, "fewest cases")
    for readers, grid, values in curves(found):
        for cases, value in zip(grid, values, strict=True):
            yield (readers, cases, of_mix(cases, share), value, "curve")


def to_dict(found: Plan) -> dict[str, Any]:
    """For the API: plain values, fractions."""
    wish = asdict(found.wish)
    return {
        "wish": wish,
        "power": found.chosen.power,
        "df": None if math.isinf(found.chosen.df2) else found.chosen.df2,
        "cases_with_syndrome": found.with_syndrome,
        "cases_needed": found.planned.cases,
        "most_power_with_these_readers": found.planned.most_power,
        "readers_needed": found.fewest_readers,
        "cases_needed_without_each_reader": list(found.reach),
        "table": [asdict(row) for row in found.rows],
        "words": words(found),
    }


def words(found: Plan) -> list[str]:
    """What the numbers say, one sentence each."""
    return [_power_words(found), _cases_words(found), _readers_words(found), *_reach_words(found)]


def _power_words(found: Plan) -> str:
    wish = found.wish
    sentence = ngettext(
        "If the true difference is %(points)s points of %(measure)s, a study with %(readers)d reader and %(cases)s "
        "cases (%(with_syndrome)s with a syndrome) finds it with a power of %(power)s %%: in %(studies)s of 100 such "
        "studies p would be below %(alpha)s.",
        "If the true difference is %(points)s points of %(measure)s, a study with %(readers)d readers and %(cases)s "
        "cases (%(with_syndrome)s with a syndrome) finds it with a power of %(power)s %%: in %(studies)s of 100 such "
        "studies p would be below %(alpha)s.",
        wish.readers,
    )
    return sentence % {
        "points": f"{100 * wish.effect:g}",
        "measure": MEASURES[wish.measure],
        "readers": wish.readers,
        "cases": _thin(wish.cases),
        "with_syndrome": _thin(found.with_syndrome),
        "power": f"{100 * found.chosen.power:.0f}",
        "studies": _of_hundred(found.chosen.power),
        "alpha": f"{wish.alpha:g}",
    }


def _cases_words(found: Plan) -> str:
    """How many cases the planned readers need."""
    wish, row = found.wish, found.planned
    told = {"target": f"{100 * wish.target:g}", "readers": wish.readers}
    if row.cases is None:
        return _out_of_reach(found) % (told | {"most": f"{100 * row.most_power:.0f}"})
    sentence = ngettext(
        "%(target)s %% with %(readers)d reader takes at least %(cases)s cases (%(with_syndrome)s with a syndrome).",
        "%(target)s %% with %(readers)d readers takes at least %(cases)s cases (%(with_syndrome)s with a syndrome).",
        wish.readers,
    )
    return sentence % (told | {"cases": _thin(row.cases), "with_syndrome": _thin(row.with_syndrome or 0)})


def _out_of_reach(found: Plan) -> str:
    if found.wish.analysis == "FRRC":
        return ngettext(
            "With %(readers)d reader no number of cases reaches %(target)s %%: the spread between readers alone keeps "
            "the power at %(most)s %% or below. More readers are needed, not more cases.",
            "With %(readers)d readers no number of cases reaches %(target)s %%: the spread between readers alone keeps "
            "the power at %(most)s %% or below. More readers are needed, not more cases.",
            found.wish.readers,
        )
    return ngettext(
        "With %(readers)d reader no number of cases reaches %(target)s %%: the spread between readers alone keeps the "
        "power at %(most)s %% or below. More readers are needed, not more cases, or a result that holds for these very "
        "readers only.",
        "With %(readers)d readers no number of cases reaches %(target)s %%: the spread between readers alone keeps the "
        "power at %(most)s %% or below. More readers are needed, not more cases, or a result that holds for these very "
        "readers only.",
        found.wish.readers,
    )


def _readers_words(found: Plan) -> str:
    """How many readers the planned cases need."""
    told = {"target": f"{100 * found.wish.target:g}", "cases": _thin(found.wish.cases)}
    if (fewest := found.fewest_readers) is not None:
        sentence = ngettext(
            "%(target)s %% with %(cases)s cases takes %(readers)d reader or more.",
            "%(target)s %% with %(cases)s cases takes %(readers)d readers or more.",
            fewest,
        )
        return sentence % (told | {"readers": fewest})
    most = max(row.readers for row in found.rows)
    sentence = ngettext(
        "%(target)s %% with %(cases)s cases is not reached by %(readers)d reader.",
        "%(target)s %% with %(cases)s cases is not reached by %(readers)d readers.",
        most,
    )
    return sentence % (told | {"readers": most})


def _reach_words(found: Plan) -> list[str]:
    if not found.reach:
        return []
    known = sorted(cases for cases in found.reach if cases is not None)
    lost = len(found.reach) - len(known)
    if not known:
        return [_("Without any one of the pilot's readers no number of cases would be enough.")]
    told = {"least": _thin(known[0]), "most": _thin(known[-1]), "lost": lost, "ways": len(found.reach)}
    if lost:
        sentence = _(
            "How much this hangs on single readers of the pilot: had any one of them not taken part, the same power "
            "would seem to take between %(least)s and %(most)s cases, and in %(lost)d of %(ways)d ways of leaving one "
            "out no number of cases. Plan for the upper end."
        )
    else:
        sentence = _(
            "How much this hangs on single readers of the pilot: had any one of them not taken part, the same power "
            "would seem to take between %(least)s and %(most)s cases. Plan for the upper end."
        )
    return [sentence % told]


def _row(wish: Wish, readers: int) -> Row:
    cases = _cases(wish, wish.pilot, readers)
    return Row(
        readers=readers,
        cases=cases,
        with_syndrome=None if cases is None else of_mix(cases, wish.share),
        power_as_planned=_power(wish, readers=readers, cases=wish.cases).power,
        most_power=_power(wish, readers=readers, cases=MOST_CASES).power,
        is_planned=readers == wish.readers,
    )


def _cases(wish: Wish, pilot: Pilot, readers: int) -> int | None:
    try:
        found = cases_needed(
            pilot,
            effect=wish.effect,
            readers=readers,
            target=wish.target,
            analysis=wish.analysis,
            alpha=wish.alpha,
        )
    except ValueError:  # out of reach, whatever the number of cases
        return None
    return found.cases


def _power(wish: Wish, *, readers: int, cases: int) -> Power:
    return power(wish.pilot, effect=wish.effect, readers=readers, cases=cases, analysis=wish.analysis, alpha=wish.alpha)


def _around(readers: int) -> list[int]:
    """Up to four numbers of readers to draw, the planned one among them."""
    return sorted({max(2, readers // 2), readers, round(1.5 * readers), 2 * readers})


def _thin(n: int) -> str:
    return f"{n:,}".replace(",", "\u202f")


def _of_hundred(share: float) -> str:
    return f"{min(99, max(1, round(100 * share)))}" if 0 < share < 1 else f"{100 * share:.0f}"
