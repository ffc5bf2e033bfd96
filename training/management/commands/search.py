"""``manage.py search --cohort NAME --try learning_rate=0.001,0.003 --try head=gap,paper``: search for a recipe."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.refusal import Refused
from training.engine.recipe import PRESETS
from training.management.words import cohort_named, owner, pair
from training.models import State
from training.presets import recipe_values
from training.search import create, page, results
from training.search.choice import RULES
from training.search.grid import read_axes, searchable
from training.search.models import Search, SearchTrial
from training.search.trials import title_of

LOOK_SECONDS = 2.0


class Command(BaseCommand):
    help = "Train every recipe of a grid and compare them on validation parts, through the workers or (--inline) here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cohort", required=True, help="the cohort's name")
        parser.add_argument("--recipe", choices=list(PRESETS), default="demo", help="the base recipe")
        parser.add_argument(
            "--try",
            dest="axes",
            action="append",
            default=[],
            metavar="CHOICE=VALUE,VALUE",
            help=f"the values to try, once for each choice; choices: {', '.join(searchable())}",
        )
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the base recipe")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--name", default="", help="name of the search; made from the choices when left out")
        parser.add_argument("--weights", default="", help="a file in the weights directory; left out: random start")
        parser.add_argument("--owner", default="", help="e-mail of the user in whose name the search is made")
        parser.add_argument("--inline", action="store_true", help="train here instead of waking the workers")
        parser.add_argument("--no-follow", action="store_true", help="queue the search and return at once")
        parser.add_argument("--make-run", choices=list(RULES), help="make a run from what this rule chooses")

    def handle(self, *args: Any, **options: Any) -> None:
        search = self._created(options)
        trials = list(search.trials.order_by("fold", "point"))
        self.stdout.write(f"Search {search.pk}, {search.name}: {len(trials)} trainings.")
        if options["inline"]:
            self._train(trials)
        elif options["no_follow"]:
            return
        self._follow(search)
        self._report(search)
        if options["make_run"]:
            run = create.make_run(search=search, rule=options["make_run"], created_by=search.created_by)
            self.stdout.write(f"Run {run.pk}, {run.name}, waits for a worker.")

    def _created(self, options: dict[str, Any]) -> Search:
        cohort = cohort_named(options["cohort"])
        changes = dict(pair(text, option="--set", example="epochs=5") for text in options["set"])
        wanted = [pair(text, option="--try", example="learning_rate=0.001,0.003") for text in options["axes"]]
        try:
            axes = read_axes([(choice, values.split(",")) for choice, values in wanted])
            return create.create_search(
                cohort=cohort,
                name=options["name"] or " and ".join(choice for choice, _ in axes).replace("_", " "),
                recipe=recipe_values(options["recipe"], {"seed": options["seed"], **changes}),
                axes=axes,
                weights_name=options["weights"],
                created_by=owner(options["owner"], cohort),
                wake=not options["inline"],
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from None

    def _train(self, trials: list[SearchTrial]) -> None:
        from training.search.work import train_trial

        for trial in trials:
            outcome = train_trial(trial_id=trial.pk)
            trial.refresh_from_db()
            found = "" if trial.val_auc is None else f", AUC {trial.val_auc:.3f}, loss {trial.val_loss:.3f}"
            self.stdout.write(f"{title_of(trial)}: {outcome}{found}")
            self.stdout.flush()

    def _follow(self, search: Search) -> None:
        """Print how many trainings are done until the search ends; after inline training this returns at once."""
        seen = -1
        while True:
            search.refresh_from_db()
            done = search.trials.filter(state=State.FINISHED).count()
            if done != seen:
                seen = done
                self.stdout.write(f"{done} of {search.trials.count()} trainings done")
            if search.state in page.ENDED:
                return
            time.sleep(LOOK_SECONDS)

    def _report(self, search: Search) -> None:
        if search.state != State.FINISHED:
            raise CommandError(search.problem or f"The search was {search.get_state_display()}.")
        shown = page.search_page(search)
        for each in shown["rows"]:
            row = each["row"]
            se = "" if row.se is None else f" ± {row.se:.3f}"
            self.stdout.write(f"{row.number:>3}  {row.mean:.3f}{se}  {results.point_title(search, row.point)}")
        for choice in shown["choices"]:
            fair = choice.chosen.without_own_fold
            note = "" if fair is None else f"; chosen without the fold that judges it: {fair:.3f}"
            self.stdout.write(f"{choice.says.capitalize()}: {choice.chosen.title} ({choice.chosen.mean:.3f}{note})")
        self.stdout.write("Validation results flatter the winner; only held-out scores of a run made from it count.")
