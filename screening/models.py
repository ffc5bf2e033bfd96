"""Readers against one run: the inputs' fingerprint, the options, the result. Never changed once made."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from readerstudy.studies.models import Study
from training.models import TrainingRun


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
