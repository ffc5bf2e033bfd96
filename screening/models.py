"""Readers against one run: the inputs' fingerprint, the options, the result; and a large one while it is computed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from readerstudy.studies.models import Study
from training.models import State, TrainingRun

LIVE = (State.QUEUED, State.RUNNING)


class Comparison(models.Model):
    """Written once: ``save`` refuses a second time, and a trigger in the database refuses every UPDATE."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="comparisons")
    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="comparisons")
    fingerprint = models.CharField(max_length=64)  # SHA-256 over inputs and options
    options = models.JSONField()
    result = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "run", "fingerprint"], name="comparison_once_per_inputs")
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A comparison is never changed: make a new one.")
        super().save(*args, **kwargs)


class ComparisonJob(models.Model):
    """A comparison too large for a page to wait for, from the wish to the row it became.

        queued --claim: UPDATE ... WHERE state='queued'--> running --> finished (with its comparison) | failed
          ^                                                  |
          '--- heartbeat stale, fewer than three attempts ---'---> failed at the third loss

        queued or running --cancel--> cancelled: the worker's next report finds no row of its own, and it stops

    ``attempts`` fences as in a fold's lease: what a lost worker still writes finds no row.
    """

    study = models.ForeignKey(Study, models.PROTECT, related_name="comparison_jobs")
    run = models.ForeignKey(TrainingRun, models.PROTECT, related_name="comparison_jobs")
    options = models.JSONField()
    wish = models.CharField(max_length=64)  # SHA-256 over the options: one live job a wish
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    share = models.FloatField(default=0)  # of the work done, 0..1
    step = models.CharField(max_length=120, blank=True)  # what is being done, in words
    problem = models.TextField(blank=True)
    comparison = models.ForeignKey(Comparison, models.PROTECT, null=True, blank=True, related_name="jobs")
    worker = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "run", "wish"],
                condition=models.Q(state__in=LIVE),
                name="comparison_job_live_once_a_wish",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.FINISHED, comparison__isnull=False)
                | (~models.Q(state=State.FINISHED) & models.Q(comparison__isnull=True)),
                name="comparison_job_finished_has_its_comparison",
            ),
            models.CheckConstraint(
                condition=models.Q(share__gte=0, share__lte=1), name="comparison_job_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"comparison job {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class StudyImport(models.Model):
    """A study that was read elsewhere, and the files it came in: checked --a person confirms--> stored.

    ``study`` is empty until then; the bytes of the files are kept only as long (StagedFile). The same files, read in
    the same way and brought by the same person, give the same study (``digest``).
    """

    study = models.OneToOneField(Study, models.PROTECT, null=True, blank=True, related_name="imported_as")
    run = models.OneToOneField(TrainingRun, models.PROTECT, null=True, blank=True, related_name="imported_as")
    digest = models.CharField(max_length=64)  # SHA-256 over the files' own and how they were read
    files = models.JSONField()  # name, sha256, size and form of each
    wishes = models.JSONField()  # what the importer said: name, kind, threshold ...
    found = models.JSONField()  # Content.summary()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "created_by"],
                condition=models.Q(study__isnull=False),
                name="study_import_once_per_person",
            ),
            models.CheckConstraint(
                condition=models.Q(study__isnull=True, stored_at__isnull=True)
                | models.Q(study__isnull=False, stored_at__isnull=False),
                name="study_import_stored_with_its_study",
            ),
        ]

    def __str__(self) -> str:
        return f"study import {self.pk}"


class StagedFile(models.Model):
    """The bytes of a checked file, until somebody says yes or no."""

    study_import = models.ForeignKey(StudyImport, models.CASCADE, related_name="staged")
    name = models.CharField(max_length=255)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class DownloadLink(models.Model):
    """A signed link to one file of a study. The address itself is not stored; see ``screening.links``."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="download_links")
    path = models.CharField(max_length=300)  # of the file's own door, with its query
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["study", "expires_at"], name="download_link_live")]

    def __str__(self) -> str:
        return f"download link {self.pk}"

    @property
    def name(self) -> str:
        """The file, as its address ends."""
        return self.path.partition("?")[0].rsplit("/", 1)[-1]
