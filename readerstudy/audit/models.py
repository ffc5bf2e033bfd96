"""Who did what to what and when: append-only, hash-chained, pointing at nothing by key."""

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

PICTURES = {
    "photo": pgettext_lazy("picture of a face", "photo"),
    "small": pgettext_lazy("picture of a face", "small"),
    "rendition": pgettext_lazy("picture of a face", "rendition"),
    "crop": pgettext_lazy("picture of a face", "crop"),
    "heat map": pgettext_lazy("picture of a face", "heat map"),
}


class AuditEvent(models.Model):
    """One entry of the log.

    ``digest`` is SHA-256 over the previous entry's digest and this entry's own content, so that a changed or removed
    row breaks the chain (``audit.services.verify_chain``). Update and delete are refused by a database trigger.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=254, blank=True)  # "user:7", "reader:3", "system", a command
    action = models.CharField(max_length=80, db_index=True)  # for example "study.opened"
    target = models.CharField(max_length=120, blank=True, db_index=True)  # for example "study:7"
    detail = models.JSONField(default=dict)
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["previous_digest"], name="audit_chain_does_not_fork")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.target}"


class ChainHead(models.Model):
    """How far the chain was found intact: the last entry of that check. One row, for pages that cannot walk it all."""

    event = models.PositiveBigIntegerField()  # the entry's id; 0 for an empty log
    digest = models.CharField(max_length=64, blank=True)
    entries = models.PositiveBigIntegerField()  # up to and with it
    checked_at = models.DateTimeField(default=timezone.now)
    whole_checked_at = models.DateTimeField(null=True, blank=True)  # when the log was last walked from its beginning

    def __str__(self) -> str:
        return f"intact up to entry {self.event}"


class FaceView(models.Model):
    """A face that was sent to a person: at most one row a person, face and quarter of an hour. No name, no key.

    Update is refused by a database trigger, and so is deletion in the first half year. Readers' looks are rows of
    their own (``reading.Exposure``).
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    who = models.CharField(max_length=40, db_index=True)  # "user:7"
    face = models.CharField(max_length=40)  # "photo:12", or "new photo:3" of somebody's own desk
    subject = models.CharField(max_length=40, blank=True, db_index=True)  # the hospital's own code for the child
    cohort = models.PositiveBigIntegerField(db_index=True)
    kind = models.CharField(max_length=12)  # which picture of it came first: photo, small, crop, heat map ...
    door = models.CharField(max_length=4)  # page or api
    quarter = models.PositiveBigIntegerField()  # quarters of an hour since 1970

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["who", "face", "quarter"], name="face_view_once_a_quarter")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who} {self.face}"

    @property
    def picture(self) -> str:
        """Its kind, in words."""
        return str(PICTURES.get(self.kind, self.kind))
