"""The model card of a finished run: what it was made from in numbers, how good it was, and what it is not for.

It goes out with the exported networks, so it names no subject and no photo, and no syndrome of fewer than five faces.
"""

from collections import Counter
from collections.abc import Mapping
from statistics import quantiles
from typing import Any

from readerstudy import __version__
from readerstudy.studies.models import Cohort, Subject
from training import selectors
from training.engine.card import Card, Section, Table
from training.engine.intervals import auc_interval, wilson
from training.models import TrainingRun
from training.run_numbers import HeldOut, Numbers, fingerprints, held_out, metric_table, numbers

FEWEST = 5  # faces; a syndrome with fewer is counted with the others
NOTICE = "For research only, not for diagnosis."
PHANTOM = (
    "The faces are digital phantoms, drawn by a program. The networks have never seen a human face: what they say of a "
    "photograph means nothing."
)


def model_card(run: TrainingRun, digests: Mapping[int, str]) -> Card:
    """The card; `digests` are the SHA-256 of the folds' weights by fold index."""
    folds = list(run.folds.all())
    found = numbers(run, folds)
    sections = [
        _model(run),
        Section(title="What it is for", sentences=INTENDED),
        Section(title="What it is not for, and its limits", points=[*_limits(run), *LIMITS]),
        _data(run),
        _folds(run, digests),
        *([_results(run, found)] if found else []),
        _versions(run),
        Section(title="How to ask it", sentences=USE),
    ]
    return Card(title=f"Model card: {run.name}", notice=NOTICE, sections=sections)


INTERVALS = (
    "The intervals are Wilson's for shares of faces and DeLong's for the AUC. They take the faces as independent; the "
    "networks of the folds share training faces, so the true uncertainty is somewhat larger."
)
ONE_SCALE = (
    "All faces are pooled by the calibrated scores: temperature and offset were fitted on each fold's validation part."
)
INTENDED = (
    "Comparing what networks and physicians see in the same faces, within a reader study. The score says how much a "
    "face looks, to these networks, like those of the cohort's children with a genetic syndrome (GS).",
)
LIMITS = (
    "No diagnosis, no decision about a child, and no genetic test may depend on a score.",
    "It was judged on faces of the same cohort that its networks had not seen. How it does on other hospitals, "
    "cameras, ages or peoples was not measured; expect worse.",
    "The share of GS in the cohort is that of a study, not of a clinic: probabilities do not carry over.",
    "The held-out figures are those of single networks. The mean of all networks, which answers for a new photo, was "
    "not measured on held-out faces, because each face was taught to most of them.",
)
USE = (
    "manage.py predict FILE PHOTO... finds the face, aligns it and asks every network; FILE is the exported zip and "
    "needs no database. With another program: cut the face so that five landmarks fall on the template in "
    "manifest.json, and give the network the picture that recipe.json describes, red, green, blue from 0 to 1.",
    "A network's calibrated probability is its raw score on its scale (log-odds divided by the temperature, plus the "
    "offset); the ensemble's is the mean of these. "
    "It calls GS where more than half of the networks reach their own threshold, which was chosen on the validation "
    "part.",
)


def _model(run: TrainingRun) -> Section:
    return Section(
        title="The model",
        sentences=[
            f"{selectors.network_of(run)}. After Hong et al. 2021.",
            f"{run.folds.count()} networks, one a fold; two classes, GS and control.",
        ],
        facts=[(label, str(sentence)) for label, sentence in selectors.described(run)],
    )


def _limits(run: TrainingRun) -> list[str]:
    found = [PHANTOM] if run.cohort.kind == Cohort.Kind.PHANTOM else []
    if run.cohort.kind == Cohort.Kind.TEST:
        found.append("The faces are test pictures: the figures show that the machinery works, and nothing else.")
    if not selectors.has_papers_network(run):
        found.append("It is not the network of the paper: its figures say nothing about the paper's.")
    return found


def _data(run: TrainingRun) -> Section:
    subjects = list(Subject.objects.filter(photos__predictions__run=run).distinct())
    cases = [subject for subject in subjects if subject.has_syndrome]
    facts = [
        ("Cohort", f"{run.cohort.name}; {run.cohort.get_kind_display()}"),
        ("Subjects", f"{len(subjects)}: {len(cases)} with a genetic syndrome, {len(subjects) - len(cases)} controls"),
        ("Photos", f"{run.predictions.count()}, one index photo a subject"),
        ("Sex", _counted(subject.get_sex_display() for subject in subjects)),
        ("Age", _ages(subjects)),
        ("How the syndrome was confirmed", _counted(subject.get_confirmation_display() for subject in cases)),
        ("Syndromes", _syndromes(cases)),
        ("Consent", _consent(run, subjects)),
    ]
    return Section(title="The data", facts=facts)


def _counted(names: Any) -> str:
    found = Counter(str(name) for name in names)
    return ", ".join(f"{name} {count}" for name, count in found.most_common()) or "none"


def _ages(subjects: list[Subject]) -> str:
    ages = [subject.age_months for subject in subjects if subject.age_months is not None]
    stated = f"stated for {len(ages)} of {len(subjects)}"
    if len(ages) < 2:
        return stated
    lower, middle, upper = quantiles(ages, n=4)
    return f"median {middle:.0f} months, half of them between {lower:.0f} and {upper:.0f}; {stated}"


def _syndromes(cases: list[Subject]) -> str:
    found = Counter(subject.diagnosis for subject in cases if subject.diagnosis)
    named = [(name, count) for name, count in found.most_common() if count >= FEWEST]
    rest = len(cases) - sum(count for _, count in named)
    parts = [f"{name} {count}" for name, count in named]
    if rest:
        parts.append(f"others (fewer than {FEWEST} faces each, or not named) {rest}")
    return ", ".join(parts) or "none"


def _consent(run: TrainingRun, subjects: list[Subject]) -> str:
    if run.cohort.kind == Cohort.Kind.PHANTOM:
        return "none needed: the faces show nobody"
    withdrawn = sum(subject.consent_withdrawn_at is not None for subject in subjects)
    stated = sum(bool(subject.consent) for subject in subjects)
    text = (
        f"recorded for {stated} of {len(subjects)} subjects; nobody whose consent was withdrawn before was trained on"
    )
    return text + (f"; withdrawn since by {withdrawn}, whose photos are erased" if withdrawn else "")


def _folds(run: TrainingRun, digests: Mapping[int, str]) -> Section:
    rows, sums = [], []
    for fold in run.folds.all():
        chosen = [_number(value) for value in (fold.threshold, fold.temperature, fold.offset)]
        sizes = [len(fold.train_photos), len(fold.validation_photos), fold.predictions.count()]
        rows.append([str(fold.index + 1), *map(str, sizes), *chosen, str(fold.best_epoch or "–")])
        if digest := digests.get(fold.index):
            sums.append((f"SHA-256 of the network of fold {fold.index + 1}", digest))
    header = ["Fold", "Training", "Validation", "Test", "Threshold", "Temperature", "Offset", "Best epoch"]
    return Section(
        title="Folds",
        sentences=[
            "Dealt by subject and by likeness of the photos before any training. Best epoch, threshold, temperature "
            "and offset were chosen on the validation part; the test part was looked at once."
        ],
        facts=sums or [("SHA-256 of the networks", "in manifest.json of the exported file")],
        tables=[Table(header=header, rows=rows, caption="Faces in each part")],
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
        limits = intervals.get(row["key"])
        rows.append([row["label"], mean, pooled, f"{limits[0]:.3f} to {limits[1]:.3f}" if limits else "–"])
    header = ["", "Mean of the folds ± SD", "All faces", "95 % interval"]
    return Section(
        title="How good it was on held-out faces",
        sentences=[_calibration(found), INTERVALS],
        tables=[
            Table(header=header, rows=rows, caption=f"{len(table)} faces, each scored by the network not taught it")
        ],
    )


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
    raw = f"Raw scores: Brier score {found.raw.brier:.3f}, expected calibration error {found.raw.expected_error:.3f}"
    if found.calibrated is None:
        return f"{raw}; the run was not calibrated."
    after = found.calibrated
    text = f"{raw}; calibrated {after.brier:.3f} and {after.expected_error:.3f}."
    return text + (f" {ONE_SCALE}" if found.is_on_one_scale else "")


def _versions(run: TrainingRun) -> Section:
    start = "random weights" if not run.weights_name else f"{run.weights_name}, SHA-256 {run.weights_sha256}"
    facts = [
        ("Run", f"number {run.pk}, {run.finished_at:%Y-%m-%d}" if run.finished_at else f"number {run.pk}"),
        ("Seed", str(run.seed)),
        ("First weights", start),
        *((f"SHA-256 of {what}", value) for what, value in _prints(run)),
        ("Exported by", f"readerstudy {__version__}"),
        *((name, str(value)) for name, value in run.versions.items()),
    ]
    return Section(title="Versions", facts=facts)


def _prints(run: TrainingRun) -> list[tuple[str, str]]:
    found = fingerprints(run)
    return (
        [("the faces with their truth", found["faces"]), ("the same, dealt to folds", found["folds"])] if found else []
    )


def stored_digests(run: TrainingRun) -> dict[int, str]:
    """The SHA-256 of the weights by fold index, as the workers wrote them down; runs of older versions have none."""
    return {fold.index: digest for fold in run.folds.all() if (digest := str(fold.metrics.get("weights_sha256") or ""))}
