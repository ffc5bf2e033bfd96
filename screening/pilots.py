"""Where a plan's variance components come from: the study's own comparisons, or its readings with and without help."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Study
from readerstudy.studies.selectors.blinding import results_wait
from screening import selectors, tables
from screening.models import Comparison
from screening.statistics import PilotStudy, pilot_study
from screening.tables import AIDED, Bools, Floats

AIDED_KEY = "aided"
MOST_COMPARISONS = 10
FEWEST = 2  # readers, and cases of each class


@dataclass(frozen=True)
class Source:
    """One way to learn components from a study; ``key`` names it in an address."""

    key: str
    label: str
    first: str
    second: str
    comparison: int | None = None


@dataclass(frozen=True)
class Learned:
    """What a source says about one measure, and what to beware of."""

    source: Source
    measure: str
    study: PilotStudy
    cautions: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.study.n_diseased / self.study.n_cases


@dataclass(frozen=True)
class _Reads:
    """Two tests of the same readers on the cases they share: ``ratings`` (2, readers, cases) per measure."""

    truth: Bools
    calls: Floats
    ratings: Floats | None


def sources(study: Study) -> list[Source]:
    """The study's comparisons, newest first, and its aided readings if there are any; none while its results wait."""
    if results_wait(study):
        return []
    made = selectors.comparisons_of(study)[:MOST_COMPARISONS]
    found = [
        Source(
            f"comparison-{one.pk}",
            _("Readers against the model (comparison %(number)d, run “%(run)s”)")
            % {"number": one.pk, "run": one.run.name},
            _("readers"),
            _("the model"),
            one.pk,
        )
        for one in made
    ]
    if not np.isnan(tables.read(study=study, run=None, stage=AIDED).calls).all():
        found.append(Source(AIDED_KEY, _("Readers with and without the model's output"), _("with it"), _("without it")))
    return found


def learn(study: Study, source: Source, measure: str) -> Learned:
    """The components of ``measure`` from ``source``.

    Raises
    ------
    Refused
        When it has too few readers or cases, or no confidence for an AUC.
    """
    reads, cautions = _aided(study) if source.comparison is None else _compared(study, source.comparison)
    if reads.calls.shape[1] < FEWEST or min(reads.truth.sum(), (~reads.truth).sum()) < FEWEST:
        raise Refused(
            _("This pilot is too small: two readers who share two cases with and two without a syndrome are needed.")
        )
    chosen = reads.ratings if measure == "auc" else reads.calls
    if chosen is None:
        raise Refused(
            _(
                "An AUC of readers needs a confidence with every call, which this pilot lacks: choose sensitivity, "
                "specificity or balanced accuracy."
            )
        )
    found = pilot_study(reads.truth, chosen, metric=measure)
    return Learned(source, measure, found, (*cautions, *_cautions(study, found)))


def _compared(study: Study, comparison: int) -> tuple[_Reads, list[str]]:
    """Each reader, and the model once for each reader, on the cases that all readers called."""
    result = Comparison.objects.get(study=study, pk=comparison).result
    rows, readers = result["rows"], result["readers"]
    calls = np.array(rows["calls"], dtype=np.float64)
    kept = [i for i, row in enumerate(calls) if not np.isnan(row).all()]
    shared = ~np.isnan(calls[kept]).any(axis=0)
    truth = np.array(rows["truth"], dtype=np.bool_)[shared]
    model = np.array(rows["model_call"], dtype=np.float64)[shared]
    score = np.array(rows["score"], dtype=np.float64)[shared]
    own = calls[kept][:, shared]
    sure = np.array(rows["confidence"], dtype=np.float64)[kept][:, shared]
    ratings = None if np.isnan(sure).any() else _with(_rating(own, sure), score)
    simulated = any(readers[i]["is_simulated"] for i in kept)
    cautions = [_simulated()] * simulated
    if lost := int((~shared).sum()):
        cautions.append(_("%(n)d cases that not every reader called are left out of the pilot.") % {"n": lost})
    return _Reads(truth, _with(own, model), ratings), cautions


def _simulated() -> str:
    return _("Some or all of the pilot's readers are simulated: their spread says nothing of physicians.")


def _aided(study: Study) -> tuple[_Reads, list[str]]:
    """The same readers with and without the model's output, on the cases that all of them called both ways."""
    alone, helped = tables.read(study=study, run=None), tables.read(study=study, run=None, stage=AIDED)
    both = [i for i in range(len(alone.readers)) if not np.isnan([alone.calls[i], helped.calls[i]]).all(axis=1).any()]
    calls = np.stack([helped.calls[both], alone.calls[both]])
    shared = ~np.isnan(calls).any(axis=(0, 1))
    sure = np.stack([helped.confidence[both], alone.confidence[both]])[:, :, shared]
    calls = calls[:, :, shared]
    ratings = None if np.isnan(sure).any() else _rating(calls, sure)
    simulated = any(alone.readers[i].is_simulated for i in both)
    cautions = [_simulated()] * simulated
    return _Reads(alone.truth[shared], calls, ratings), cautions


def _rating(calls: Floats, confidence: Floats) -> Floats:
    """Sure-not-GS ... sure-GS as one number, as for a reader's own curve."""
    rating: Floats = np.where(calls == 1, 1.0, -1.0) * (confidence + 1)
    return rating


def _with(readers: Floats, model: Floats) -> Floats:
    return np.stack([readers, np.broadcast_to(model, readers.shape)])


def _cautions(study: Study, found: PilotStudy) -> list[str]:
    said: list[Any] = []
    if study.cohort.kind == Cohort.Kind.PHANTOM:
        said.append(_("The faces are digital phantoms: components of real photographs will differ."))
    if study.status == Study.Status.OPEN:
        said.append(_("The reading is still open: these components will change with every call."))
    if found.pilot.var_tr < 0:
        said.append(
            _(
                "The estimated spread of the difference between readers is negative and counts as zero. That happens "
                "by chance with few readers and makes a plan look cheaper than it will be."
            )
        )
    if found.n_readers < 5:
        words = _("%(n)d readers are few to estimate a spread from: take the plan as a rough guide.")
        said.append(words % {"n": found.n_readers})
    return said
