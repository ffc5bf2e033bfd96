"""One search: the grid of recipes that was declared, and one validation result for each of them and each fold.

No table here has a place for a test part: what a search may not look at, it does not know.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.studies.models import Cohort
from training.models import State
from training.search.choice import RULES


class Search(models.Model):
    """running --the last trial to end--> finished;   running --> failed | cancelled

    The trials are written with the search, so it never waits without them.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="searches")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING, db_index=True)
    recipe = models.JSONField()  # of the base, training.engine.recipe.Recipe.to_dict()
    axes = models.JSONField()  # [[choice, [value, ...]], ...]; training.search.grid
    parts = models.JSONField()  # one dict a fold: train, validation (photo ids); the test part is left out on purpose
    seed = models.BigIntegerField()
    weights_name = models.CharField(max_length=255, blank=True)  # empty: random start
    weights_sha256 = models.CharField(max_length=64, blank=True)
    versions = models.JSONField(default=dict)  # libraries and machine, as the first worker found them
    problem = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SearchTrial(models.Model):
    """One recipe of the grid on one fold.

    queued --claim--> running --> finished | failed | cancelled; a stale heartbeat brings it back to queued.
    """

    search = models.ForeignKey(Search, models.CASCADE, related_name="trials")
    point = models.PositiveSmallIntegerField()  # number of the recipe in the grid, 0..
    fold = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    epoch = models.PositiveIntegerField(default=0)
    epochs = models.PositiveIntegerField(default=0)
    val_auc = models.FloatField(null=True, blank=True)  # of the network it ends with, on the fold's validation part
    val_loss = models.FloatField(null=True, blank=True)
    best_epoch = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    problem = models.TextField(blank=True)
    worker = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)  # workers lost in a row, without an epoch in between
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["point", "fold"]
        constraints = [
            models.UniqueConstraint(fields=["search", "point", "fold"], name="search_trial_once"),
            models.CheckConstraint(
                condition=~models.Q(state="finished") | models.Q(val_auc__isnull=False, val_loss__isnull=False),
                name="search_trial_finished_with_a_result",
            ),
            models.CheckConstraint(
                condition=models.Q(val_auc__isnull=True) | models.Q(val_auc__gte=0, val_auc__lte=1),
                name="search_trial_auc_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"recipe {self.point + 1} on fold {self.fold + 1} of search {self.search_id}"


class ChosenRun(models.Model):
    """Which search, and which recipe of it, a run was made from."""

    run = models.OneToOneField("training.TrainingRun", models.CASCADE, related_name="chosen_by")
    search = models.ForeignKey(Search, models.PROTECT, related_name="chosen")
    point = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=12)  # training.search.choice.RULES

    def __str__(self) -> str:
        return f"run {self.run_id} from recipe {self.point + 1} of search {self.search_id}"

    def rule_in_words(self) -> str:
        return _("recipe %(number)s, %(rule)s") % {"number": self.point + 1, "rule": RULES[self.rule]}
