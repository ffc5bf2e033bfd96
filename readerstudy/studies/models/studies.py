"""One reader study on one cohort: its frozen rules, its cases and its people."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from readerstudy.studies.models.cohorts import Cohort, Photo

MOST_PARTS = 50


class Study(models.Model):
    """draft --open (cases, protocol frozen and hashed)--> open --close--> closed; closed --reopen--> open."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open for reading")
        CLOSED = "closed", _("closed")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="studies")
    # A throw-away study on phantoms, in which a coordinator plays the reader's pages of ``preview_of``.
    preview_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="previews")
    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    consent_text = models.TextField(blank=True)
    instructions = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)  # the last time; results could be seen before it

    class Meta:
        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["draft", "open", "closed"]), name="study_status_is_known"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(opened_at__isnull=False), name="study_past_draft_was_opened"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_preview(self) -> bool:
        return self.preview_of_id is not None


class Protocol(models.Model):
    """The rules of a study. The highest version counts; a version is frozen and hashed when the study opens."""

    class Confidence(models.TextChoices):
        NONE = "none", _("no confidence")
        FIVE = "five", _("five points")
        HUNDRED = "hundred", _("0 to 100")

    class IncidentPolicy(models.TextChoices):
        ANSWER = "answer", _("the reader answers from what was seen; flagged")
        REPRESENT = "represent", _("the face comes again at the end as a flagged repeat")

    class Design(models.TextChoices):
        UNAIDED = "unaided", _("unaided: readers never see the model's output")
        SEQUENTIAL = "sequential", _("sequential: after each unaided answer the model's output, and a second answer")
        CROSSOVER = "crossover", _("crossover: two sessions, one unaided and one with the model's output")

    class Sides(models.TextChoices):
        GS_RIGHT = "gs_right", _("on the right for everybody")
        GS_LEFT = "gs_left", _("on the left for everybody")
        BY_READER = "by_reader", _("on the right for half of the readers, on the left for the others")

    study = models.ForeignKey(Study, models.CASCADE, related_name="protocols")
    version = models.PositiveSmallIntegerField(default=1)
    exposure_ms = models.PositiveIntegerField(default=10_000)  # the paper: ten seconds a face
    tolerance_ms = models.PositiveIntegerField(default=100)  # a measured exposure further off is flagged
    call_ends_exposure = models.BooleanField(default=False)
    answer_window_ms = models.PositiveIntegerField(null=True, blank=True)  # after the face; empty: no limit
    confidence = models.CharField(max_length=8, choices=Confidence, default=Confidence.FIVE)
    practice_pass_percent = models.PositiveSmallIntegerField(default=0)  # 0: practice is not marked
    repeats_percent = models.PositiveSmallIntegerField(default=0)
    block_length = models.PositiveSmallIntegerField(default=50)  # faces between two rests; 0: no rest
    washout_days = models.PositiveSmallIntegerField(default=28)
    incident_policy = models.CharField(max_length=10, choices=IncidentPolicy, default=IncidentPolicy.ANSWER)
    design = models.CharField(max_length=10, choices=Design, default=Design.UNAIDED)
    undo_ms = models.PositiveIntegerField(null=True, blank=True)  # an answer may be taken back this long; empty: never
    asks_syndrome = models.BooleanField(default=False)  # after a GS call: which one?
    syndromes = models.TextField(blank=True)  # the suggestions, one a line; empty: the list that comes with the program
    sides = models.CharField(max_length=10, choices=Sides, default=Sides.GS_RIGHT)  # of the GS button
    shows_own_result = models.BooleanField(default=False)  # to each reader, once the study is closed
    parts = models.PositiveSmallIntegerField(default=1)  # split-plot: faces divided into these, a reader reads one
    is_blinded_until_closed = models.BooleanField(default=True)  # nobody sees results while anybody reads
    frozen_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 over the rules and the ordered cases

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="protocol_version_once"),
            models.CheckConstraint(
                condition=Q(exposure_ms__gte=100, exposure_ms__lte=600_000), name="protocol_exposure_within_limits"
            ),
            models.CheckConstraint(condition=Q(repeats_percent__lte=100), name="protocol_repeats_are_a_percentage"),
            models.CheckConstraint(
                condition=Q(parts__gte=1, parts__lte=MOST_PARTS), name="protocol_parts_within_limits"
            ),
            models.CheckConstraint(
                condition=Q(practice_pass_percent__lte=100), name="protocol_pass_mark_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(design__in=["unaided", "sequential", "crossover"]), name="protocol_design_is_known"
            ),
            models.CheckConstraint(
                condition=Q(sides__in=["gs_right", "gs_left", "by_reader"]), name="protocol_sides_are_known"
            ),
            models.CheckConstraint(
                condition=Q(undo_ms__isnull=True) | Q(undo_ms__gte=1000, undo_ms__lte=60_000),
                name="protocol_undo_within_limits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study} v{self.version}"


class Unblinding(models.Model):
    """Results opened before the reading was closed. Irreversible: ``save`` and ``delete`` refuse, and a trigger in the
    database refuses every UPDATE. Every later comparison states it.
    """

    study = models.OneToOneField(Study, models.PROTECT, related_name="unblinding")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=400)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="unblinding_with_a_reason")]

    def __str__(self) -> str:
        return f"unblinding of {self.study_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An unblinding is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An unblinding is never taken back.")


class Case(models.Model):
    """A photo in a study. ``number`` is the pseudonym that exports and pages show; it says nothing of the truth."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="cases")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="cases")
    number = models.PositiveIntegerField()
    is_practice = models.BooleanField(default=False)
    # From 1, dealt when the study opens, where the protocol divides the faces; empty: every reader reads it.
    part = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "photo"], name="case_photo_once_in_a_study"),
            models.UniqueConstraint(fields=["study", "number"], name="case_number_once_in_a_study"),
        ]

    def __str__(self) -> str:
        return f"case {self.number} of {self.study_id}"


class Aid(models.Model):
    """What the model said of a case, frozen before any reader sees it. Written by the analysis, which knows the runs.

    The heat map is a grey PNG, 0 to 255, of the aligned crop; it shows the child and goes when consent is withdrawn.
    """

    case = models.OneToOneField(Case, models.CASCADE, related_name="aid")
    probability = models.FloatField()
    is_calibrated = models.BooleanField(default=False)  # else the network's raw output
    heat_map = models.FileField(upload_to="aids", max_length=120, blank=True)
    run = models.PositiveBigIntegerField(null=True, blank=True)  # a training run by number: training lies above
    label = models.CharField(max_length=160)  # how people call that run
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="aid_probability_within_0_1"
            ),
        ]

    def __str__(self) -> str:
        return f"aid of case {self.case_id}"


class Membership(models.Model):
    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator")
        INVESTIGATOR = "investigator", _("investigator")

    study = models.ForeignKey(Study, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "user", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} of {self.study}"


class Reader(models.Model):
    """A user's place in one study. A reader holds no other role in the same study."""

    class Seniority(models.TextChoices):
        SENIOR = "senior", _("senior paediatrician")
        JUNIOR = "junior", _("junior paediatrician")
        OTHER = "other", _("other")

    study = models.ForeignKey(Study, models.CASCADE, related_name="readers")
    # Empty once the reader is anonymised, which nobody can undo.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="readerships")
    code = models.CharField(max_length=20)  # SP 1, JP 2 ...
    seniority = models.CharField(max_length=8, choices=Seniority, default=Seniority.SENIOR)
    years_of_experience = models.PositiveSmallIntegerField(null=True, blank=True)
    has_genetics_training = models.BooleanField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    is_simulated = models.BooleanField(default=False)
    # Dealt at consent, 0, 1, 2 ...: counterbalances the order of the arms and the sides of the buttons over readers.
    allocation = models.PositiveIntegerField(null=True, blank=True)
    part = models.PositiveSmallIntegerField(null=True, blank=True)  # of the faces, where the protocol divides them
    joined_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)  # the last mail that asked them to go on
    # The reader who left and whose place this one takes; both are kept.
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "code"], name="reader_code_once_in_a_study"),
            models.UniqueConstraint(fields=["study", "user"], name="reader_once_in_a_study"),
            models.UniqueConstraint(fields=["study", "allocation"], name="reader_allocation_once_in_a_study"),
            models.CheckConstraint(
                condition=Q(user__isnull=True, anonymised_at__isnull=False)
                | Q(user__isnull=False, anonymised_at__isnull=True),
                name="reader_is_somebody_or_anonymised",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.study_id}"


class Invitation(models.Model):
    """A single-use link. Only the hash of its token is stored."""

    class Role(models.TextChoices):
        READER = "reader", _("reader")
        COORDINATOR = "coordinator", _("coordinator")
        INVESTIGATOR = "investigator", _("investigator")

    study = models.ForeignKey(Study, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)  # how the card and the mail address the invited person
    replaces = models.ForeignKey(Reader, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=12, choices=Role, default=Role.READER)
    seniority = models.CharField(max_length=8, choices=Reader.Seniority, default=Reader.Seniority.SENIOR)
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_as = models.ForeignKey(Reader, models.SET_NULL, null=True, blank=True, related_name="invitations")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "email", "role"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_pending",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_later"),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
