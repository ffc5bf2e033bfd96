"""What a reader saw, for how long, and what the answer was. Rows are added, never changed into something else.

A trial's state is read off its rows, so it cannot lie::

    waiting --bytes issued once--> issued --POST start: INSERT Exposure--> showing --time over / left--> deciding
    deciding --INSERT Call--> called          deciding --answer window over--> forfeited
    (a call may arrive while showing)
    deciding --half a Call: confidence owed--> rating --INSERT the whole one--> called
    sequential design: called unaided --> reconsidering --aid shown, INSERT aided Call--> called
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from readerstudy.studies.models import Case, Protocol, Reader


class ReadingSession(models.Model):
    """One reader x arm x occasion with its materialised order.

    planned --start--> running --last trial done--> finished;   withdraw from planned or running
    """

    class Arm(models.TextChoices):
        UNAIDED = "unaided", "unaided"
        AIDED = "aided", "aided"

    class Side(models.TextChoices):
        RIGHT = "right", "right"
        LEFT = "left", "left"

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reader = models.ForeignKey(Reader, models.PROTECT, related_name="sessions")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="sessions")
    arm = models.CharField(max_length=8, choices=Arm, default=Arm.UNAIDED)
    occasion = models.PositiveSmallIntegerField(default=1)
    is_practice = models.BooleanField(default=False)
    gs_side = models.CharField(max_length=5, choices=Side, default=Side.RIGHT)  # where the GS button stands
    seed = models.BigIntegerField()
    order_version = models.CharField(max_length=20, default="shuffle-1")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    device = models.JSONField(default=dict)  # what the device check found

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reader", "arm", "occasion", "is_practice"], name="session_once_per_reader_arm_occasion"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(started_at__isnull=False),
                name="session_finished_was_started",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="session_finished_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk} of reader {self.reader_id}"


class Trial(models.Model):
    """One case at one position of a session."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(ReadingSession, models.CASCADE, related_name="trials")
    case = models.ForeignKey(Case, models.PROTECT, related_name="trials")
    position = models.PositiveIntegerField()
    repetition = models.PositiveSmallIntegerField(default=0)  # > 0: a planned repeat or a re-presented face
    is_represented = models.BooleanField(default=False)
    issued_at = models.DateTimeField(null=True, blank=True)
    forfeited_at = models.DateTimeField(null=True, blank=True)
    aided_at = models.DateTimeField(null=True, blank=True)  # when the model's output first left the server
    # Set aside by the coordinator: kept as it is, and left out of every analysis.
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="trial_position_once"),
            models.UniqueConstraint(fields=["session", "case", "repetition"], name="trial_case_repetition_once"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="") | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="trial_void_with_a_reason",
            ),
        ]
        indexes = [  # rare rows, counted by session: the monitor need not open the others
            models.Index(fields=["session"], condition=Q(forfeited_at__isnull=False), name="trial_forfeited"),
            models.Index(fields=["session"], condition=Q(voided_at__isnull=False), name="trial_voided"),
        ]

    def __str__(self) -> str:
        return f"trial {self.position} of session {self.session_id}"


class Exposure(models.Model):
    """The one look. Inserted before the face is shown; the database refuses a second one for the same trial.

    ``onset_ms`` and ``offset_ms`` are the page's own clock (performance.now()) at the first and after the last painted
    frame; they are the datum. The server's clock is the plausibility check.
    """

    class End(models.TextChoices):
        COMPLETE = "complete", "shown to the end"
        CALLED = "called", "ended by the call"
        LEFT = "left", "the page was left"

    trial = models.OneToOneField(Trial, models.CASCADE, related_name="exposure")
    started_at = models.DateTimeField()  # server
    ended_at = models.DateTimeField(null=True, blank=True)  # server
    end = models.CharField(max_length=8, choices=End, blank=True)
    requested_ms = models.PositiveIntegerField()
    onset_ms = models.FloatField(null=True, blank=True)
    offset_ms = models.FloatField(null=True, blank=True)
    frames = models.PositiveIntegerField(null=True, blank=True)
    frame_period_ms = models.FloatField(null=True, blank=True)
    longest_gap_ms = models.FloatField(null=True, blank=True)
    measures = models.JSONField(default=dict)  # viewport, device pixel ratio, decode time, visibility events ...
    flags = models.JSONField(default=list)  # sentences: why this exposure is not a clean one

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(offset_ms__isnull=True) | Q(onset_ms__isnull=True) | Q(offset_ms__gte=F("onset_ms")),
                name="exposure_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["trial"], condition=~Q(flags=[]), name="exposure_flagged")]

    def __str__(self) -> str:
        return f"exposure of trial {self.trial_id}"


class Call(models.Model):
    """GS or not GS. Insert-only; within a stage the highest revision counts.

    A further revision is either the rest of a half answer (``is_complete`` false: the page went before the confidence
    was given) or, where the protocol allows it, the answer given after an undo.
    """

    class Stage(models.TextChoices):
        UNAIDED = "unaided", "without the model's output"
        AIDED = "aided", "with the model's output in view"

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="calls")
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.UNAIDED)
    revision = models.PositiveSmallIntegerField(default=1)
    is_gs = models.BooleanField()
    is_complete = models.BooleanField(default=True)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)  # 1-5 or 0-100, by protocol
    suspected_syndrome = models.CharField(max_length=120, blank=True)  # in the reader's words
    response_ms = models.FloatField(null=True, blank=True)  # from the face on the screen to the input event
    input = models.CharField(max_length=10, blank=True)  # key, mouse, touch, pen
    side = models.CharField(max_length=5, choices=ReadingSession.Side, blank=True)  # of the button that was used
    key = models.CharField(max_length=20, blank=True)  # the key that was pressed
    idempotency_key = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "stage", "revision"], name="call_revision_once_a_stage"),
            models.CheckConstraint(condition=Q(stage__in=["unaided", "aided"]), name="call_stage_is_known"),
            models.CheckConstraint(
                condition=Q(suspected_syndrome="") | Q(is_gs=True), name="call_syndrome_only_with_gs"
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__lte=100), name="call_confidence_within_0_100"
            ),
        ]
        # All that the monitor asks of a call: it is counted without a look into its row.
        indexes = [
            models.Index(fields=["trial", "stage", "revision", "is_complete", "response_ms"], name="call_counted"),
        ]

    def __str__(self) -> str:
        return f"{'GS' if self.is_gs else 'not GS'} for trial {self.trial_id}"


ANSWERED = frozenset({"is_gs", "confidence", "syndrome"})  # of an incident's detail: the answer that was refused


class Incident(models.Model):
    """Anything that went wrong; never deleted."""

    session = models.ForeignKey(ReadingSession, models.CASCADE, related_name="incidents")
    trial = models.ForeignKey(Trial, models.CASCADE, null=True, blank=True, related_name="incidents")
    kind = models.CharField(max_length=40)  # left, hidden, blur, second-look-refused, late, slow-frames ...
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"

    @property
    def told(self) -> dict[str, object]:
        """What the desk is told: while results wait (``waits``, which the selector sets), no refused answer."""
        hidden = ANSWERED if getattr(self, "waits", True) else frozenset()
        return {name: value for name, value in self.detail.items() if name not in hidden}


class Note(models.Model):
    """What the page or the reader did beside reading: a rest, a pause, an undo, a hint that was shown. No incident."""

    session = models.ForeignKey(ReadingSession, models.CASCADE, related_name="notes")
    trial = models.ForeignKey(Trial, models.CASCADE, null=True, blank=True, related_name="notes")
    kind = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"
