"""The model card of a finished run: what it was made from in numbers, how good it was, and what it is not for.

It goes out with the exported networks, so it names no subject and no photo, and no syndrome of fewer than five faces.
The card is English, like the files it lies beside; its page says it in the reader's language (``readerstudy.said``).
"""

from collections import Counter
from collections.abc import Mapping
from statistics import quantiles
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_noop as _

from readerstudy import __version__
from readerstudy.studies.models import Cohort, Subject
from training import selectors
from training.engine.card import Card, Section, Table
from training.engine.intervals import auc_interval, wilson
from training.models import TrainingRun
from training.run_numbers import HeldOut, Numbers, fingerprints, held_out, metric_table, numbers

FEWEST = 5  # faces; a syndrome with fewer is counted with the others
NOTICE = _("For research only, not for diagnosis.")
PHANTOM = _(
    "The faces are digital phantoms, drawn by a program. The networks have never seen a human face: what they say of a "
    "photograph means nothing."
)


def model_card(run: TrainingRun, digests: Mapping[int, str]) -> Card:
    """The card; `digests` are the SHA-256 of the folds' weights by fold index."""
    with translation.override("en"):
        return _card(run, digests)


def _card(run: TrainingRun, digests: Mapping[int, str]) -> Card:
    folds = list(run.folds.all())
    found = numbers(run, folds)
    sections = [
        _model(run),
        Section(title=_("What it is for"), sentences=INTENDED),
        Section(title=_("What it is not for, and its limits"), points=[*_limits(run), *LIMITS]),
        _data(run),
        _folds(run, digests),
        *([_results(run, found)] if found else []),
        _versions(run),
        Section(title=_("How to ask it"), sentences=USE),
    ]
    return Card(title=f"Model card: {run.name}", notice=NOTICE, sections=sections)


INTERVALS = _(
    "The intervals are Wilson's for shares of faces and DeLong's for the AUC. They take the faces as independent; the "
    "networks of the folds share training faces, so the true uncertainty is somewhat larger."
)
ONE_SCALE = _(
    "All faces are pooled by the calibrated scores: temperature and offset were fitted on each fold's validation part."
)
UNCALIBRATED = _("Raw scores: Brier score %(brier)s, expected calibration error %(error)s; the run was not calibrated.")
CALIBRATED = _(
    "Raw scores: Brier score %(brier)s, expected calibration error %(error)s; calibrated %(brier2)s and %(error2)s."
)
INTENDED = (
    _(
        "Comparing what networks and physicians see in the same faces, within a reader study. The score says how much "
        "a face looks, to these networks, like those of the cohort's children with a genetic syndrome (GS)."
    ),
)
LIMITS = (
    _("No diagnosis, no decision about a child, and no genetic test may depend on a score."),
    _(
        "It was judged on faces of the same cohort that its networks had not seen. How it does on other hospitals, "
        "cameras, ages or peoples was not measured; expect worse."
    ),
    _("The share of GS in the cohort is that of a study, not of a clinic: probabilities do not carry over."),
    _(
        "The held-out figures are those of single networks. The mean of all networks, which answers for a new photo, "
        "was not measured on held-out faces, because each face was taught to most of them."
    ),
)
USE = (
    _(
        "manage.py predict FILE PHOTO... finds the face, aligns it and asks every network; FILE is the exported zip "
        "and needs no database. With another program: cut the face so that five landmarks fall on the template in "
        "manifest.json, and give the network the picture that recipe.json describes, red, green, blue from 0 to 1."
    ),
    _(
        "A network's calibrated probability is its raw score on its scale (log-odds divided by the temperature, plus "
        "the offset); the ensemble's is the mean of these. "
        "It calls GS where more than half of the networks reach their own threshold, which was chosen on the "
        "validation part."
    ),
)


def _model(run: TrainingRun) -> Section:
    return Section(
        title=_("The model"),
        sentences=[
            _("%(kind)s. After Hong et al. 2021.") % {"kind": selectors.network_of(run)},
            _("%(folds)s networks, one a fold; two classes, GS and control.") % {"folds": run.folds.count()},
        ],
        facts=[(label, str(sentence)) for label, sentence in selectors.described(run)],
    )


def _limits(run: TrainingRun) -> list[str]:
    found = [PHANTOM] if run.cohort.kind == Cohort.Kind.PHANTOM else []
    if run.cohort.kind == Cohort.Kind.TEST:
        found.append(_("The faces are test pictures: the figures show that the machinery works, and nothing else."))
    if not selectors.has_papers_network(run):
        found.append(_("It is not the network of the paper: its figures say nothing about the paper's."))
    return found


def _data(run: TrainingRun) -> Section:
    subjects = list(Subject.objects.filter(photos__predictions__run=run).distinct())
    cases = [subject for subject in subjects if subject.has_syndrome]
    counts = {"n": len(subjects), "cases": len(cases), "controls": len(subjects) - len(cases)}
    facts = [
        (_("Cohort"), f"{run.cohort.name}; {run.cohort.get_kind_display()}"),
        (_("Subjects"), _("%(n)s: %(cases)s with a genetic syndrome, %(controls)s controls") % counts),
        (_("Photos"), _("%(n)s, one index photo a subject") % {"n": run.predictions.count()}),
        (_("Sex"), _counted(subject.get_sex_display() for subject in subjects)),
        (_("Age"), _ages(subjects)),
        (_("How the syndrome was confirmed"), _counted(subject.get_confirmation_display() for subject in cases)),
        (_("Syndromes"), _syndromes(cases)),
        (_("Consent"), _consent(run, subjects)),
    ]
    return Section(title=_("The data"), facts=facts)


def _counted(names: Any) -> str:
    found = Counter(str(name) for name in names)
    return ", ".join(f"{name} {count}" for name, count in found.most_common()) or _("none")


def _ages(subjects: list[Subject]) -> str:
    ages = [subject.age_months for subject in subjects if subject.age_months is not None]
    stated = _("stated for %(n)s of %(all)s") % {"n": len(ages), "all": len(subjects)}
    if len(ages) < 2:
        return stated
    lower, middle, upper = quantiles(ages, n=4)
    told = {"middle": f"{middle:.0f}", "lower": f"{lower:.0f}", "upper": f"{upper:.0f}"}
    return _("median %(middle)s months, half of them between %(lower)s and %(upper)s") % told + f"; {stated}"


def _syndromes(cases: list[Subject]) -> str:
    found = Counter(subject.diagnosis for subject in cases if subject.diagnosis)
    named = [(name, count) for name, count in found.most_common() if count >= FEWEST]
    rest = len(cases) - sum(count for _, count in named)
    parts = [f"{name} {count}" for name, count in named]
    if rest:
        told = {"fewest": FEWEST, "n": rest}
        parts.append(_("others (fewer than %(fewest)s faces each, or not named) %(n)s") % told)
    return ", ".join(parts) or _("none")


def _consent(run: TrainingRun, subjects: list[Subject]) -> str:
    if run.cohort.kind == Cohort.Kind.PHANTOM:
        return _("none needed: the faces show nobody")
    withdrawn = sum(subject.consent_withdrawn_at is not None for subject in subjects)
    stated = sum(bool(subject.consent) for subject in subjects)
    told = {"n": stated, "all": len(subjects), "withdrawn": withdrawn}
    text = _("recorded for %(n)s of %(all)s subjects; nobody whose consent was withdrawn before was trained on") % told
    return text + ("; " + _("withdrawn since by %(withdrawn)s, whose photos are erased") % told if withdrawn else "")


def _folds(run: TrainingRun, digests: Mapping[int, str]) -> Section:
    rows, sums = [], []
    for fold in run.folds.all():
        chosen = [_number(value) for value in (fold.threshold, fold.temperature, fold.offset)]
        sizes = [len(fold.train_photos), len(fold.validation_photos), fold.predictions.count()]
        rows.append([str(fold.index + 1), *map(str, sizes), *chosen, str(fold.best_epoch or "–")])
        if digest := digests.get(fold.index):
            sums.append((_("SHA-256 of the network of fold %(fold)s") % {"fold": fold.index + 1}, digest))
    header = [
        _("Fold"),
        _("Training"),
        _("Validation"),
        _("Test"),
        _("Threshold"),
        _("Temperature"),
        _("Offset"),
        _("Best epoch"),
    ]
    return Section(
        title=_("Folds"),
        sentences=[
            _(
                "Dealt by subject and by likeness of the photos before any training. Threshold, temperature and "
                "offset, and the epoch where one was chosen, come from the validation part; the test part was looked "
                "at once."
            )
        ],
        facts=sums or [(_("SHA-256 of the networks"), _("in manifest.json of the exported file"))],
        tables=[Table(header=header, rows=rows, caption=_("Faces in each part"))],
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _results(run: TrainingRun, found: Numbers) -> Section:
    table = held_out([run])[run.pk]
    intervals = _intervals(found, table)
    rows = []
    for row in metric_table(run, found):
        spread = f" ± {row['sd']:.3f}" if row["sd"] is not None else ""
        mean = "–" if row["mean"] is None else f"{row['mean']:.3f}{spread}"
        pooled = "–" if row["pooled"] is None else f"{row['pooled']:.3f}"
        limits = _ends(intervals.get(row["key"]))
        rows.append([row["label"], mean, pooled, _("%(low)s to %(high)s") % limits if limits else "–"])
    header = ["", _("Mean of the folds ± SD"), _("All faces"), _("95 %% interval") % {}]
    return Section(
        title=_("How good it was on held-out faces"),
        sentences=[_calibration(found), INTERVALS],
        tables=[
            Table(
                header=header,
                rows=rows,
                caption=_("%(count)s faces, each scored by the network not taught it") % {"count": len(table)},
            )
        ],
    )


def _ends(interval: tuple[float, float] | None) -> dict[str, str]:
    return {name: f"{end:.3f}" for name, end in zip(("low", "high"), interval or (), strict=False)}


def _intervals(found: Numbers, table: HeldOut) -> dict[str, tuple[float, float] | None]:
    calls = found.pooled.calls
    return {
        "auc": auc_interval(table.truth, table.score),
        "accuracy": wilson(calls.tp + calls.tn, calls.n),
        "sensitivity": wilson(calls.tp, calls.tp + calls.fn),
        "specificity": wilson(calls.tn, calls.tn + calls.fp),
        "precision": wilson(calls.tp, calls.tp + calls.fp),
    }


def _calibration(found: Numbers) -> str:
    told = {"brier": f"{found.raw.brier:.3f}", "error": f"{found.raw.expected_error:.3f}"}
    if found.calibrated is None:
        return UNCALIBRATED % told
    told |= {"brier2": f"{found.calibrated.brier:.3f}", "error2": f"{found.calibrated.expected_error:.3f}"}
    text = CALIBRATED % told
    return text + (f" {ONE_SCALE}" if found.is_on_one_scale else "")


def _versions(run: TrainingRun) -> Section:
    start = _("random weights") if not run.weights_name else f"{run.weights_name}, SHA-256 {run.weights_sha256}"
    facts = [
        (_("Run"), _numbered(run)),
        (_("Seed"), str(run.seed)),
        (_("First weights"), start),
        *_prints(run),
        (_("Exported by"), f"readerstudy {__version__}"),
        *((name, str(value)) for name, value in run.versions.items()),
    ]
    return Section(title=_("Versions"), facts=facts)


def _numbered(run: TrainingRun) -> str:
    if run.finished_at is None:
        return _("number %(number)s") % {"number": run.pk}
    return _("number %(number)s, %(day)s") % {"number": run.pk, "day": f"{run.finished_at:%Y-%m-%d}"}


def _prints(run: TrainingRun) -> list[tuple[str, str]]:
    found = fingerprints(run)
    return (
        [
            (_("SHA-256 of the faces with their truth"), found["faces"]),
            (_("SHA-256 of the same, dealt to folds"), found["folds"]),
        ]
        if found
        else []
    )


def stored_digests(run: TrainingRun) -> dict[int, str]:
    """The SHA-256 of the weights by fold index, as the workers wrote them down; runs of older versions have none."""
    return {fold.index: digest for fold in run.folds.all() if (digest := str(fold.metrics.get("weights_sha256") or ""))}
