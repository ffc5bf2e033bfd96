"""One cross-validation: its recipe, its folds, and one held-out score a photo."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from readerstudy.studies.models import Cohort, Photo
from training.engine.scale import Scale


class State(models.TextChoices):
    QUEUED = "queued", gettext_lazy("waiting")
    RUNNING = "running", gettext_lazy("running")
    FINISHED = "finished", gettext_lazy("finished")
    FAILED = "failed", gettext_lazy("failed")
    CANCELLED = "cancelled", gettext_lazy("cancelled")


class Kind(models.TextChoices):
    """Which model a run trains. The others stand beside the network, on the same folds."""

    NETWORK = "network", gettext_lazy("network")
    EMBEDDING_SVM = "embedding-svm", gettext_lazy("support-vector machine on a network's embedding")
    GABOR_LINEAR = "gabor-linear", gettext_lazy("Gabor features with a linear machine")
    LANDMARKS = "landmarks", gettext_lazy("landmark geometry")


class TrainingRun(models.Model):
    """queued --claim: UPDATE ... WHERE state='queued'--> running --> finished | failed | cancelled

    The last fold to finish finishes the run.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="runs")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NETWORK)
    # the finished run whose folds it has, and for an embedding whose networks
    source = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="companions")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    recipe = models.JSONField()  # to_dict() of training.engine: Recipe, or ClassicalRecipe where it names a kind
    seed = models.BigIntegerField()
    weights_name = models.CharField(max_length=255, blank=True)  # empty: random start
    weights_sha256 = models.CharField(max_length=64, blank=True)
    versions = models.JSONField(default=dict)  # libraries and machine, as the worker found them
    problem = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind=Kind.EMBEDDING_SVM) | models.Q(source__isnull=False),
                name="run_on_an_embedding_has_a_source",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Fold(models.Model):
    """queued --claim--> running --> finished | failed | cancelled; a stale heartbeat brings it back to queued."""

    run = models.ForeignKey(TrainingRun, models.CASCADE, related_name="folds")
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    train_photos = models.JSONField(default=list)  # photo ids; the test photos are the fold's predictions
    validation_photos = models.JSONField(default=list)
    epoch = models.PositiveIntegerField(default=0)
    epochs = models.PositiveIntegerField(default=0)
    history = models.JSONField(default=list)  # one dict an epoch
    metrics = models.JSONField(default=dict)  # of the held-out photos, at the threshold chosen on validation
    threshold = models.FloatField(null=True, blank=True)
    # Both fitted on the validation photos; 1 and 0 change nothing. With an offset all folds share one scale.
    temperature = models.FloatField(null=True, blank=True)
    offset = models.FloatField(null=True, blank=True)
    best_epoch = models.PositiveIntegerField(null=True, blank=True)
    weights = models.CharField(max_length=255, blank=True)  # path below DATA_DIR
    problem = models.TextField(blank=True)
    worker = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)  # workers lost in a row, without an epoch in between
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="fold_index_once")]

    def __str__(self) -> str:
        return f"fold {self.index + 1} of run {self.run_id}"

    @property
    def scale(self) -> Scale | None:
        """None where the run's recipe wanted no calibration, or the fold has not ended."""
        return None if self.temperature is None else Scale(temperature=self.temperature, offset=self.offset)


class Prediction(models.Model):
    """The held-out score of one photo. Written with the split, the score filled in later: the split itself is data."""

    run = models.ForeignKey(TrainingRun, models.CASCADE, related_name="predictions")
    fold = models.ForeignKey(Fold, models.CASCADE, related_name="predictions")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="predictions")
    score = models.FloatField(null=True, blank=True)  # probability of GS, 0..1, as the network gave it
    calibrated = models.FloatField(null=True, blank=True)  # the same on the fold's scale
    heat_map = models.FileField(max_length=160, blank=True)  # grey PNG in the frame of the aligned crop
    heat_share = models.FloatField(null=True, blank=True)  # part of the heat inside the face region, 0..1
    syndromes = models.JSONField(null=True, blank=True)  # names, nearest in the embedding first; null: not ranked

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "photo"], name="prediction_photo_held_out_once"),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__gte=0, score__lte=1),
                name="prediction_score_is_a_probability",
            ),
            models.CheckConstraint(
                condition=models.Q(calibrated__isnull=True) | models.Q(calibrated__gte=0, calibrated__lte=1),
                name="prediction_calibrated_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"score of photo {self.photo_id} in run {self.run_id}"


class NewPhoto(models.Model):
    """A photo outside every cohort, scored by a finished run's folds; seen by its uploader alone.

    queued --claim--> running --> finished | failed; a stale heartbeat brings it back to queued. Erased half an hour
    after the answer, unless its uploader keeps it and says whose consent allows that.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(TrainingRun, models.CASCADE, related_name="new_photos")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    age_months = models.FloatField(null=True, blank=True)  # as the uploader stated it
    file = models.FileField(upload_to="screen", max_length=120, blank=True)
    crop = models.FileField(upload_to="screen", max_length=120, blank=True)
    heat_map = models.FileField(upload_to="screen", max_length=120, blank=True)  # grey PNG, the networks' mean
    is_known = models.BooleanField(
        default=False
    )  # the run's cohort holds the same picture: its networks were taught it
    problem = models.TextField(blank=True)
    face = models.JSONField(default=dict)  # box, landmarks, size of the picture, what the finder doubts
    scores = models.JSONField(default=list)  # one dict a fold: fold, score (probability of GS), threshold
    surroundings = models.JSONField(default=dict)  # the face's measures beside those of the run's own faces
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    consent = models.CharField(max_length=300, blank=True)  # why it may be kept, in its uploader's words

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kept_at__isnull=True) | ~models.Q(consent=""), name="new_photo_kept_by_consent"
            ),
        ]

    def __str__(self) -> str:
        return f"new photo {self.token}"

    @property
    def files(self) -> list[models.fields.files.FieldFile]:
        return [field for field in (self.file, self.crop, self.heat_map) if field]


import training.search.models  # noqa: E402, F401 (its tables belong to this app)
