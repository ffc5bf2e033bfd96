"""The collection: children with their truth, their pictures, and how those came in."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Cohort(models.Model):
    class Kind(models.TextChoices):
        PATIENTS = "patients", gettext_lazy("Photographs of patients")
        PHANTOM = "phantom", gettext_lazy("Digital phantom: drawn by a program, shows nobody")
        TEST = "test", gettext_lazy("Test pictures")

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PATIENTS)
    description = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cohorts")
    created_at = models.DateTimeField(default=timezone.now)
    is_preview = models.BooleanField(default=False)  # the drawn faces of previews: in nobody's list, never trained on

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_preview"], condition=Q(is_preview=True), name="cohort_one_preview"),
        ]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    """A child, under a code of the hospital's own, with its truth.

    ``has_syndrome`` is None (truth not stated) only in cohorts of test pictures: training and analysis pass it over.
    """

    class Sex(models.TextChoices):
        FEMALE = "F", gettext_lazy("girl")
        MALE = "M", gettext_lazy("boy")
        UNKNOWN = "", gettext_lazy("not stated")

    class Confirmation(models.TextChoices):
        KARYOTYPE = "karyotype", gettext_lazy("karyotype")
        ARRAY = "array", gettext_lazy("array")
        SEQUENCING = "sequencing", gettext_lazy("sequencing")
        CLINICAL = "clinical", gettext_lazy("clinical examination only")
        OTHER = "other", gettext_lazy("another test")
        UNKNOWN = "", gettext_lazy("not stated")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="subjects")
    code = models.CharField(max_length=40)
    has_syndrome = models.BooleanField(null=True)
    diagnosis = models.CharField(max_length=160, blank=True)
    orpha = models.CharField(max_length=12, blank=True)  # ORPHA:648, https://www.orpha.net
    omim = models.CharField(max_length=12, blank=True)  # OMIM:163950, https://www.omim.org
    confirmation = models.CharField(max_length=12, choices=Confirmation, blank=True)
    confirmed_on = models.CharField(max_length=10, blank=True)  # as precisely as told: 2024, 2024-03 or 2024-03-17
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    age_months = models.FloatField(null=True, blank=True)
    consent = models.CharField(max_length=120, blank=True)
    consent_withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("cohort", Lower("code"), name="subject_code_once_in_a_cohort_whatever_its_case"),
            models.CheckConstraint(  # the second half keeps NULL from passing as "unknown"
                condition=Q(diagnosis="") | Q(has_syndrome__isnull=False, has_syndrome=True),
                name="subject_diagnosis_only_with_syndrome",
            ),
            models.CheckConstraint(
                condition=Q(orpha="", omim="") | Q(has_syndrome__isnull=False, has_syndrome=True),
                name="subject_code_of_a_diagnosis_only_with_syndrome",
            ),
            models.CheckConstraint(
                condition=Q(age_months__isnull=True) | Q(age_months__gte=0, age_months__lte=1440),
                name="subject_age_is_plausible",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Photo(models.Model):
    """A picture of a subject, stored upright, without metadata, under a name of our own.

    State, read off the rows::

        imported --face found, checks passed--> ready
        imported --face doubtful--> review --a person accepts--> ready
        imported --no usable face--> unusable
        any --consent withdrawn--> erased (bytes gone, row kept)
    """

    class Status(models.TextChoices):
        IMPORTED = "imported", gettext_lazy("waiting for the face finder")
        READY = "ready", gettext_lazy("ready")
        REVIEW = "review", gettext_lazy("needs a look")
        UNUSABLE = "unusable", gettext_lazy("unusable")
        ERASED = "erased", gettext_lazy("erased")

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="photos")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="photos")  # for the uniqueness of the hash
    original_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)  # of the bytes as they came
    perceptual_hash = models.CharField(max_length=64, blank=True, db_index=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file = models.FileField(upload_to="photos", max_length=120, blank=True)
    is_index = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.IMPORTED, db_index=True)
    warnings = models.JSONField(default=list)  # sentences from the import: no colour, turned, near-duplicate ...
    imported_at = models.DateTimeField(default=timezone.now)
    # Lease of the face finder, so that a lost message or worker is noticed.
    face_queued_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "sha256"], name="photo_bytes_once_in_a_cohort"),
            models.UniqueConstraint(
                fields=["subject"], condition=Q(is_index=True), name="photo_one_index_photo_per_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject.code}: {self.original_name}"


class Face(models.Model):
    """Where the face is on a photo, the aligned crop the model sees and the rendition a reader gets; or why not.

    Coordinates are pixels of the stored photo; ``landmarks`` are five (x, y) pairs: the eye, the eye, the nose tip,
    the mouth corner, the mouth corner, left being the viewer's left.
    """

    photo = models.OneToOneField(Photo, models.CASCADE, related_name="face")
    is_found = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    box = models.JSONField(null=True)  # x, y, width, height
    landmarks = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    rotation = models.PositiveSmallIntegerField(default=0)  # degrees counter-clockwise that turn the photo upright
    faces_found = models.PositiveSmallIntegerField(default=0)
    eye_distance = models.FloatField(null=True)
    quality = models.JSONField(default=dict)  # sharpness, brightness, attempts ...
    detector_version = models.CharField(max_length=80)
    crop = models.FileField(upload_to="crops", max_length=120, blank=True)
    rendition = models.FileField(upload_to="renditions", max_length=120, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_found=True) | ~Q(reason=""), name="face_or_a_reason"),
        ]

    def __str__(self) -> str:
        return f"face of {self.photo_id}"


class Resemblance(models.Model):
    """Somebody's word on two subjects whose photos look the same: one child under two codes, or two children."""

    first = models.ForeignKey(Subject, models.CASCADE, related_name="+")
    second = models.ForeignKey(Subject, models.CASCADE, related_name="+")
    is_same_child = models.BooleanField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="resemblance_once_for_two_subjects"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="resemblance_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}: {'one child' if self.is_same_child else 'two children'}"


class ImportBatch(models.Model):
    """One upload, taken at once or checked first; a stale heartbeat brings a running one back to queued::

    collecting --every photo is here--> queued
    queued --claim--> running --taken at once, or confirmed--> finished
                      running --is_checked_first--> checked --a person confirms--> queued
                      running --refused whole, or the server failed--> failed
    checked, collecting --thrown away by a person, or nothing happens for CHECKED_KEPT_DAYS--> discarded
    """

    class Status(models.TextChoices):
        COLLECTING = "collecting", gettext_lazy("not yet uploaded as a whole")
        QUEUED = "queued", gettext_lazy("waiting")
        RUNNING = "running", gettext_lazy("running")
        CHECKED = "checked", gettext_lazy("waits for your decision")
        FINISHED = "finished", gettext_lazy("finished")
        FAILED = "failed", gettext_lazy("refused")
        DISCARDED = "discarded", gettext_lazy("thrown away")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    directory = models.CharField(max_length=255, blank=True)  # where the upload waits; emptied afterwards
    archive_name = models.CharField(max_length=255, blank=True)
    manifest_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(default=0)  # lines of the report; while collecting, files that were chosen
    done = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)  # why the whole import was refused, a sentence a line
    notices = models.JSONField(default=list)  # sentences about an import that was taken: unknown columns, one class ...
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_checked_first = models.BooleanField(default=False)  # nothing is stored until a person has seen the report
    checked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False, checked_at__isnull=False),
                name="import_confirmed_by_somebody_after_its_check",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} into {self.cohort_id}"


class ImportLine(models.Model):
    """One line of the report: what became of one file or manifest row."""

    class Verdict(models.TextChoices):
        ADDED = "added", gettext_lazy("added")
        REVIEW = "review", gettext_lazy("needs a look")
        REJECTED = "rejected", gettext_lazy("refused")
        IGNORED = "ignored", gettext_lazy("ignored")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=255)
    subject_code = models.CharField(max_length=80, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(max_length=500, blank=True)
    photo = models.ForeignKey(Photo, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_line_number_once")]

    def __str__(self) -> str:
        return f"{self.file}: {self.verdict}"
