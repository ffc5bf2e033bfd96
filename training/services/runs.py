"""A run from its creation to its split, and its two unhappy ends."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.models import Cohort, Photo
from training import heat
from training.engine.recipe import RecipeError
from training.engine.splits import FoldPlan, SplitError, plan_folds
from training.kinds import AnyRecipe, kind_of, recipe_from
from training.likeness import alike_groups
from training.models import Fold, Prediction, State, TrainingRun
from training.pictures import trainable_photos
from training.services.same_folds import Parts, on_folds_of, parts_of
from training.weights import files_of, find_weights, fingerprint, has_sha256, weights_path

LIVE = (State.QUEUED, State.RUNNING)


def create_run(
    *,
    cohort: Cohort,
    name: str,
    recipe: AnyRecipe | Mapping[str, Any],
    created_by: User,
    weights_name: str = "",
    source: TrainingRun | None = None,
    wake: bool = True,
) -> TrainingRun:
    """Store a run that waits for a worker; refuse at once what could never be trained.

    ``weights_name`` names a file of the weights directory, empty is a random start. ``source`` is the finished run
    whose folds, and for an embedding whose networks, a model beside the network takes. ``wake=False`` sends no
    message: the caller trains the run itself.
    """
    chosen = on_folds_of(source, checked_recipe(recipe, weights_name=weights_name), cohort=cohort)
    if not name.strip():
        raise Refused(_("Give the run a name."))
    if source is None:
        split_cohort(cohort, chosen)
    with transaction.atomic():
        run = TrainingRun.objects.create(
            cohort=cohort,
            name=name.strip(),
            kind=kind_of(chosen),
            source=source,
            recipe=chosen.to_dict(),
            seed=chosen.seed,
            weights_name=weights_name,
            weights_sha256=chosen.weights if weights_name else "",
            created_by=created_by,
        )
        facts = {"cohort": cohort.pk, "recipe": run.recipe, "source": run.source_id}
        record("run.created", actor=created_by, target=f"run:{run.pk}", **facts)
        if wake:
            send("training.prepare", run.pk)
    return run


def checked_recipe(recipe: AnyRecipe | Mapping[str, Any], *, weights_name: str) -> AnyRecipe:
    """The recipe with its first weights' SHA-256 in it; refused when it cannot be trained."""
    values = dict(recipe) if isinstance(recipe, Mapping) else recipe.to_dict()
    if weights_name:
        file = weights_path(weights_name)
        if not has_sha256(file, str(values.get("weights"))):
            values["weights"] = fingerprint(file)
    elif values.get("weights", "random") != "random":
        raise Refused(
            _("The recipe names pretrained weights, but no file was chosen: choose the file or a random start.")
        )
    try:
        return recipe_from(values)
    except (RecipeError, TypeError) as error:
        raise Refused(_("This recipe cannot be trained: %(error)s.") % {"error": said(error)}) from None


def split_cohort(cohort: Cohort, recipe: AnyRecipe) -> tuple[list[Photo], list[FoldPlan]]:
    """The photos in a fixed order and the folds dealt over them; subjects whose photos look the same stay together."""
    photos = list(trainable_photos(cohort).select_related("subject").order_by("subject__code", "id"))
    if not photos:
        raise Refused(
            _(
                "%(name)s has no photo ready for training: import photos with their truth, wait for the "
                "face finder, and accept those that need a look."
            )
            % {"name": cohort.name}
        )
    subjects = [photo.subject for photo in photos]
    try:
        plans = plan_folds(
            [subject.has_syndrome for subject in subjects],
            [subject.diagnosis for subject in subjects],
            [subject.pk for subject in subjects],
            folds=recipe.folds,
            seed=recipe.seed,
            group=alike_groups(photos),
        )
    except SplitError as error:
        raise Refused(_("%(name)s cannot be split: %(error)s.") % {"name": cohort.name, "error": said(error)}) from None
    return photos, plans


def prepare_run(*, run_id: int, wake: bool = True) -> bool:
    """Claim the waiting run and write its split as rows: folds, and one held-out prediction a photo without a score.

    Claim and split are one transaction, so a run is never found running without its folds. False when another worker
    was first or the run does not wait any more.
    """
    try:
        return _prepare(run_id, wake=wake)
    except Refused as refusal:
        fail_run(run_id=run_id, problem=refusal.message)
        return False


@transaction.atomic
def _prepare(run_id: int, *, wake: bool) -> bool:
    now = timezone.now()
    claimed = TrainingRun.objects.filter(pk=run_id, state=State.QUEUED).update(
        state=State.RUNNING, started_at=now, heartbeat_at=now
    )
    if not claimed:
        return False
    run = TrainingRun.objects.select_related("cohort", "source").get(pk=run_id)
    recipe = recipe_from(run.recipe)
    for part in parts_of(run.source) if run.source else _dealt(run.cohort, recipe):
        fold = Fold.objects.create(
            run=run,
            index=part.index,
            train_photos=part.train,
            validation_photos=part.validation,
            epochs=recipe.epochs,
            heartbeat_at=now,
        )
        Prediction.objects.bulk_create([Prediction(run=run, fold=fold, photo_id=pk) for pk in part.test])
        if wake:
            send("training.train_fold", fold.pk)
    return True


def _dealt(cohort: Cohort, recipe: AnyRecipe) -> list[Parts]:
    photos, plans = split_cohort(cohort, recipe)
    ids = np.array([photo.pk for photo in photos])
    return [
        Parts(
            index=plan.index,
            train=ids[plan.train].tolist(),
            validation=ids[plan.validation].tolist(),
            test=ids[plan.test].tolist(),
        )
        for plan in plans
    ]


@transaction.atomic
def cancel_run(*, run: TrainingRun, by: User) -> bool:
    """Stop a waiting or running run; its workers notice within a second and leave at their next batch.

    False when it had already come to an end.
    """
    now = timezone.now()
    stopped = TrainingRun.objects.filter(pk=run.pk, state__in=LIVE).update(
        state=State.CANCELLED, cancel_requested_at=now, finished_at=now
    )
    if not stopped:
        return False
    _stop_folds(run.pk, now)
    record("run.cancelled", actor=by, target=f"run:{run.pk}")
    return True


@transaction.atomic
def fail_run(*, run_id: int, problem: str) -> bool:
    """End a live run with a reason that a person can read; its other folds stop."""
    now = timezone.now()
    failed = TrainingRun.objects.filter(pk=run_id, state__in=LIVE).update(
        state=State.FAILED, problem=problem, finished_at=now
    )
    if not failed:
        return False
    _stop_folds(run_id, now)
    record("run.failed", target=f"run:{run_id}", problem=problem)
    return True


def _stop_folds(run_id: int, now: datetime) -> None:
    """The live folds stop, and weights and heat maps of those already trained go: they belong to no result."""
    Fold.objects.filter(run_id=run_id, state__in=LIVE).update(state=State.CANCELLED, finished_at=now)
    Fold.objects.filter(run_id=run_id).update(weights="")
    Prediction.objects.filter(run_id=run_id).exclude(heat_map="").update(heat_map="", heat_share=None)
    transaction.on_commit(lambda: shutil.rmtree(files_of(run_id), ignore_errors=True))
    transaction.on_commit(lambda: heat.remove_folder(f"heat/{run_id}"))


def repeat_run(*, run: TrainingRun, created_by: User) -> TrainingRun:
    """The same choices on the same cohort with the next seed that no run of this recipe has used."""
    recipe = recipe_from(run.recipe)
    seed = 1 + max(TrainingRun.objects.filter(cohort=run.cohort_id).values_list("seed", flat=True))
    base = run.name.split(", seed ")[0][:100]
    file = find_weights(run.weights_name, run.weights_sha256) if run.weights_name else None
    return create_run(
        cohort=run.cohort,
        name=f"{base}, seed {seed}",
        recipe=replace(recipe, seed=seed),
        created_by=created_by,
        weights_name=file.name if file else run.weights_name,
        source=run.source,
    )
