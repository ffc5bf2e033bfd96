"""The demo: a phantom cohort through the public import door, a study, five simulated physicians, a trained network.

Every step looks at the rows first, so a second start continues where the first was stopped. Nothing else in the product
knows about the demo: it calls the same services as the pages do.

What it names (cohort, studies, people) it names in the site's language (``SITE_LANGUAGE``); what it tells is kept in
English and worded on the page in the language of whoever looks.
"""

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop, override

from readerstudy.accounts.models import User
from readerstudy.accounts.services import demo_user
from readerstudy.phantoms.cohort import write_cohort
from readerstudy.reading.simulate import simulate_reader
from readerstudy.studies.models import Cohort, ImportBatch, Photo, Reader, Study, Subject
from readerstudy.studies.services.cohorts import create_cohort
from readerstudy.studies.services.faces import accept_photo
from readerstudy.studies.services.imports import start_import
from readerstudy.studies.services.people import add_member, add_reader
from readerstudy.studies.services.studies import choose_cases, close_study, create_study, open_study
from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from training.engine.recipe import PRESETS
from training.models import Fold, State, TrainingRun
from training.services import create_run

COHORT = gettext_lazy("Phantom cohort")
STUDY = gettext_lazy("Phantom reader study")
SHORT = gettext_lazy("Phantom study, short form")
RUN = gettext_lazy("Small VGG-16 on phantoms")
SHORT_FACES, SHORT_PRACTICE = 20, 4


@dataclass(frozen=True)
class Simulated:
    """A physician of the paper's Table 2 as whole counts of 228 cases and 228 controls."""

    code: str
    seniority: str
    true_positives: int
    true_negatives: int
    years: int


PHYSICIANS = [
    Simulated("SP 1", "senior", 200, 164, 18),
    Simulated("SP 2", "senior", 168, 192, 15),
    Simulated("JP 1", "junior", 114, 217, 3),
    Simulated("JP 2", "junior", 176, 109, 2),
    Simulated("JP 3", "junior", 184, 166, 4),
]
OF_EACH_CLASS = 228
LOADING = 0.6  # how far readers find the same cases hard (phantom recipe, section 4)

Say = Callable[[str], None]


class Demo:
    """The steps, in their order. ``say`` is called with one line whenever there is something new to tell."""

    def __init__(self, *, say: Say, n: int = 456, seed: int = 1, recipe: str = "demo") -> None:
        self.say, self.n, self.seed, self.recipe = say, n, seed, recipe
        self.folder = Path(settings.DATA_DIR) / "phantoms"
        self.coordinator = demo_user("coordinator")
        self.investigator = demo_user("investigator")
        self.reader = demo_user("reader")

    def play(self) -> Comparison:
        self.draw()
        cohort = self.bring_in()
        study = self.open_study(cohort)
        self.open_short_study(cohort)
        run = self.start_training(cohort)
        study = self.let_read(study)
        self.follow(run)
        return self.compare(study, run)

    def draw(self) -> None:
        """456 phantoms as photos and a manifest, as ``manage.py phantoms`` writes them."""
        if (self.folder / "phantoms.csv").exists():
            return
        line = Line(self.say, every=5)
        write_cohort(
            self.folder,
            n=self.n,
            seed=self.seed,
            on_progress=lambda done, total: line(
                gettext_noop("drawing phantoms: %(done)s of %(total)s") % {"done": done, "total": total}
            ),
        )
        drawn = gettext_noop("%(n)s phantoms drawn, with their manifest, in %(folder)s")
        self.say(drawn % {"n": self.n, "folder": self.folder})

    def bring_in(self) -> Cohort:
        """Through the import door, in the worker."""
        cohort = Cohort.objects.filter(name__in=in_every_language(COHORT)).first() or create_cohort(
            name=str(COHORT),
            kind=Cohort.Kind.PHANTOM,
            created_by=self.coordinator,
            description=gettext("Faces drawn by a program; they show nobody and teach no diagnosis."),
        )
        if not cohort.imports.exclude(status=ImportBatch.Status.FAILED).exists():
            start_import(
                cohort=cohort,
                archive=self.folder / "photos",
                manifest=self.folder / "manifest.csv",
                created_by=self.coordinator,
            )
        self._wait_for_import(cohort)
        self._wait_for_faces(cohort)
        return cohort

    def _wait_for_import(self, cohort: Cohort) -> None:
        line = Line(self.say, every=5)
        while True:
            batch = cohort.imports.latest("id")
            if batch.status == ImportBatch.Status.FAILED:
                raise RuntimeError(f"The import was refused: {batch.problem}")
            if batch.status == ImportBatch.Status.FINISHED:
                return
            told = {"done": batch.done, "total": batch.total or self.n}
            line(gettext_noop("importing photos: %(done)s of %(total)s") % told)
            time.sleep(0.5)

    def _wait_for_faces(self, cohort: Cohort) -> None:
        line = Line(self.say, every=5)
        while waiting := cohort.photos.filter(status=Photo.Status.IMPORTED).count():
            total = cohort.photos.count()
            line(gettext_noop("finding faces: %(done)s of %(total)s") % {"done": total - waiting, "total": total})
            time.sleep(0.5)
        doubtful = list(cohort.photos.filter(status=Photo.Status.REVIEW, face__is_found=True))
        for photo in doubtful:
            accept_photo(photo=photo, by=self.coordinator)  # nobody is on a phantom, so nothing can be wrong with one
        ready = cohort.photos.filter(status=Photo.Status.READY).count()
        told = {"ready": ready, "total": cohort.photos.count(), "doubtful": len(doubtful)}
        self.say(gettext_noop("%(ready)s of %(total)s faces are ready; %(doubtful)s needed a look") % told)

    def open_study(self, cohort: Cohort) -> Study:
        study = self._study(cohort, STUDY, description=gettext("All faces, read by five simulated physicians."))
        if study.status == Study.Status.DRAFT:
            choose_cases(study=study, by=self.coordinator, how="all")
            study = open_study(study=study, by=self.coordinator)
        for number, physician in enumerate(PHYSICIANS):
            if not study.readers.filter(code=physician.code).exists():
                add_reader(
                    study=study,
                    user=simulated_user(number),
                    code=physician.code,
                    seniority=physician.seniority,
                    years_of_experience=physician.years,
                    is_simulated=True,
                )
        return study

    def open_short_study(self, cohort: Cohort) -> Study:
        """A few faces to read oneself, before any simulated answer is looked at."""
        study = self._study(
            cohort,
            SHORT,
            description=gettext("%(n)s faces to read yourself.") % {"n": SHORT_FACES},
            block_length=10,
            practice_pass_percent=0,
        )
        if study.status == Study.Status.DRAFT:
            n = min(SHORT_FACES, self.n // 3)
            choose_cases(study=study, by=self.coordinator, how="sample", n=n, practice=SHORT_PRACTICE, seed=self.seed)
            study = open_study(study=study, by=self.coordinator)
            self.say(gettext_noop("the short study is open: sign in as the reader and read a few faces"))
        if not study.readers.filter(user=self.reader).exists():
            add_reader(study=study, user=self.reader, seniority=Reader.Seniority.SENIOR)
        return study

    def _study(self, cohort: Cohort, name: Promise, **words: object) -> Study:
        study = Study.objects.filter(name__in=in_every_language(name)).first()
        if study is None:
            study = create_study(cohort=cohort, name=str(name), created_by=self.coordinator, **words)
            add_member(study=study, user=self.investigator, role="investigator", by=self.coordinator)
        return study

    def start_training(self, cohort: Cohort) -> TrainingRun:
        live = [State.QUEUED, State.RUNNING, State.FINISHED]
        run = TrainingRun.objects.filter(cohort=cohort, name__in=in_every_language(RUN), state__in=live).first()
        return run or create_run(
            cohort=cohort, name=str(RUN), recipe=PRESETS[self.recipe], created_by=self.investigator
        )

    def let_read(self, study: Study) -> Study:
        """Each simulated physician through the same services as a person at the page; then the reading is closed."""
        cases = list(study.cases.select_related("photo__subject"))
        truth = {case.pk: bool(case.photo.subject.has_syndrome) for case in cases}
        difficulty = self._difficulty(study)
        for number, physician in enumerate(PHYSICIANS):
            reader = study.readers.get(code=physician.code)
            if reader.sessions.filter(finished_at__isnull=False, is_practice=False).exists():
                continue
            simulate_reader(
                reader=reader,
                sensitivity=physician.true_positives / OF_EACH_CLASS,
                specificity=physician.true_negatives / OF_EACH_CLASS,
                truth=truth,
                difficulty=difficulty,
                loading=LOADING,
                seed=self.seed * 1000 + number,
                now=timezone.now() - timedelta(hours=6),
            )
            told = {"reader": physician.code, "n": len(cases)}
            self.say(gettext_noop("%(reader)s (simulated) has read %(n)s faces") % told)
        study.refresh_from_db()
        return close_study(study=study, by=self.coordinator) if study.status == Study.Status.OPEN else study

    def _difficulty(self, study: Study) -> dict[int, float]:
        """How hard each case is, by the ideal observer: phantoms.csv, matched by subject code."""
        with (self.folder / "phantoms.csv").open(newline="") as file:
            known = {row["subject_id"]: float(row["difficulty"]) for row in csv.DictReader(file)}
        codes = Subject.objects.filter(photos__cases__study=study).values_list("photos__cases", "code")
        return {case: known[code] for case, code in codes if case and code in known}

    def follow(self, run: TrainingRun) -> None:
        line = Line(self.say, every=10)
        while run.state in {State.QUEUED, State.RUNNING}:
            line(how_far(list(run.folds.all())))
            time.sleep(1)
            run.refresh_from_db()
        if run.state != State.FINISHED:
            raise RuntimeError(f"The training {run.get_state_display()}: {run.problem or 'see the page of the run'}")

    def compare(self, study: Study, run: TrainingRun) -> Comparison:
        return compare(study=study, run=run, options=Options(), by=self.investigator)


def in_every_language(name: Promise) -> list[str]:
    """What it may be called here: the demo may have been begun in another language of the site."""
    found = []
    for code, _language in settings.LANGUAGES:
        with override(code):
            found.append(str(name))
    return found


def how_far(folds: list[Fold]) -> str:
    told = {"done": sum(fold.state == State.FINISHED for fold in folds), "total": len(folds) or 5}
    running = next((fold for fold in folds if fold.state == State.RUNNING), None)
    if running is None:
        return gettext_noop("training: %(done)s of %(total)s folds done") % told
    told |= {"fold": running.index + 1, "epoch": running.epoch, "epochs": running.epochs}
    return (
        gettext_noop("training: %(done)s of %(total)s folds done; fold %(fold)s, epoch %(epoch)s of %(epochs)s") % told
    )


class Line:
    """Say a changing line, at most once in ``every`` seconds."""

    def __init__(self, say: Say, *, every: float) -> None:
        self.say, self.every, self.at, self.last = say, every, 0.0, ""

    def __call__(self, text: str) -> None:
        if text != self.last and time.monotonic() - self.at >= self.every:
            self.at, self.last = time.monotonic(), text
            self.say(text)


def simulated_user(number: int) -> User:
    user, is_new = User.objects.get_or_create(
        email=f"simulated-{number + 1}@demo.invalid",
        defaults={
            "name": gettext("Simulated physician %(number)s") % {"number": number + 1},
            "is_simulated": True,
        },
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
