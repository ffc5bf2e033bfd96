"""``manage.py train --cohort NAME --recipe demo``: train a run from the terminal."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.refusal import Refused
from training import selectors, services
from training.engine.classical_recipe import CLASSICAL
from training.engine.recipe import PRESETS
from training.management.words import cohort_named, owner, pair
from training.models import Fold, Kind, State, TrainingRun
from training.presets import recipe_values

LOOK_SECONDS = 2.0


class Command(BaseCommand):
    help = "Train the model on a cohort by cross-validation, through the workers or (--inline) in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cohort", required=True, help="the cohort's name")
        parser.add_argument("--recipe", choices=[*PRESETS, *CLASSICAL], default="demo")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one choice")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--name", default="", help="name of the run; made from the recipe when left out")
        parser.add_argument("--source", type=int, help="number of the finished run whose folds, and networks, to take")
        parser.add_argument("--weights", default="", help="a file in the weights directory; left out: random start")
        parser.add_argument("--owner", default="", help="e-mail of the user in whose name the run is made")
        parser.add_argument("--inline", action="store_true", help="train here instead of waking the workers")
        parser.add_argument("--no-follow", action="store_true", help="queue the run and return at once")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._created(options)
        self.stdout.write(f"Run {run.pk}, {run.name}: {selectors.network_of(run)}.")
        if run.kind == Kind.NETWORK:
            self.stdout.write("Random start." if not run.weights_name else f"Weights: {run.weights_name}.")
        if options["inline"]:
            self._train(run)
        elif options["no_follow"]:
            return
        self._follow(run)
        self._report(run)

    def _created(self, options: dict[str, Any]) -> TrainingRun:
        cohort = cohort_named(options["cohort"])
        try:
            changes = dict(pair(text, option="--set", example="epochs=5") for text in options["set"])
            return services.create_run(
                cohort=cohort,
                name=options["name"] or f"{options['recipe']}, seed {options['seed']}",
                recipe=recipe_values(options["recipe"], {"seed": options["seed"], **changes}),
                weights_name=options["weights"],
                source=_source(options["source"]),
                created_by=owner(options["owner"], cohort),
                wake=not options["inline"],
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from None

    def _train(self, run: TrainingRun) -> None:
        from training.work import train_fold

        services.prepare_run(run_id=run.pk, wake=False)
        for pk in run.folds.values_list("pk", flat=True):
            train_fold(fold_id=pk, on_epoch=self._print_epoch)

    def _print_epoch(self, fold: Fold, report: Any) -> None:
        self.stdout.write(_epoch_line(fold.index, report, fold.epochs))
        self.stdout.flush()

    def _follow(self, run: TrainingRun) -> None:
        """Print what the workers report until the run ends; after inline training this returns at once."""
        seen: dict[int, int] = {}
        while True:
            run.refresh_from_db()
            for fold in run.folds.all():
                if fold.state == State.RUNNING and fold.epoch > seen.get(fold.index, 0):
                    seen[fold.index] = fold.epoch
                    self.stdout.write(_epoch_line(fold.index, fold.history[-1], fold.epochs))
            if run.state in selectors.ENDED:
                return
            time.sleep(LOOK_SECONDS)

    def _report(self, run: TrainingRun) -> None:
        if run.state != State.FINISHED:
            raise CommandError(run.problem or f"The run was {run.get_state_display()}.")
        for row in selectors.metric_rows(run):
            sd = "" if row["sd"] is None else f" ± {row['sd']:.3f}"
            self.stdout.write(f"{row['label']:<12} {row['mean']:.3f}{sd} over {row['n']} folds")


def _source(pk: int | None) -> TrainingRun | None:
    source = TrainingRun.objects.filter(pk=pk).first()
    if pk is not None and source is None:
        raise CommandError(f"There is no run {pk}.")
    return source


def _epoch_line(index: int, report: Any, epochs: int) -> str:
    parts = [f"fold {index + 1}", f"epoch {report.get('epoch')}/{epochs}"]
    for key, label in (("loss", "loss"), ("val_loss", "validation loss"), ("val_auc", "validation AUC")):
        if report.get(key) is not None:
            parts.append(f"{label} {report[key]:.3f}")
    return "  ".join(parts)
