"""The scores of an imported study as a finished run: its folds, thresholds and held-out scores, and nothing more."""

from django.utils import timezone

from readerstudy.accounts.models import User
from readerstudy.studies.models import Case, Study
from screening.imports.content import Content
from training.models import Fold, Prediction, State, TrainingRun

NAME = "Imported scores"
RECIPE = {"imported": "the scores came in a file; how they were made is not known here"}


def store_run(content: Content, study: Study, cases: dict[str, Case], *, by: User) -> TrainingRun:
    """Folds keep the numbers of the file; without any, all scores are one fold."""
    now = timezone.now()
    run = TrainingRun.objects.create(
        cohort=study.cohort,
        name=NAME,
        state=State.FINISHED,
        recipe=RECIPE,
        seed=0,
        created_by=by,
        finished_at=now,
    )
    first = 0 if any(line.fold == 0 for line in content.cases) else 1
    thresholds = {line.fold: line.threshold for line in content.cases}
    folds = {
        fold: Fold.objects.create(
            run=run,
            index=0 if fold is None else fold - first,
            state=State.FINISHED,
            threshold=threshold,
            finished_at=now,
        )
        for fold, threshold in thresholds.items()
    }
    Prediction.objects.bulk_create(
        (
            Prediction(run=run, fold=folds[line.fold], photo_id=cases[line.code].photo_id, score=line.score)
            for line in content.cases
        ),
        batch_size=2000,
    )
    return run
