"""People who sign in, and the keys of their scripts. Roles are rows of ``studies`` (Membership, Reader)."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, "may_coordinate": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    # May create cohorts and studies; becomes the coordinator of what it creates.
    may_coordinate = models.BooleanField(default=False)
    # Plays a physician of a demo or a piloted protocol; labelled wherever it is shown, and cannot sign in.
    is_simulated = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    language = models.CharField(max_length=10, blank=True)  # a code of settings.LANGUAGES; empty: the browser's

    # The one role that the key of this request is limited to; empty: all of the user's. Set by ``limited_to`` only.
    key_role = ""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def limited_to(self, role: str) -> "User":
        """This user as a key limited to ``role`` may act. For one request: such a user cannot be saved."""
        self.key_role = role
        self.may_coordinate = self.may_coordinate and role in ("", AccessKey.Role.COORDINATOR)
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.key_role:
            raise RuntimeError("This user is limited by the key of a request and must not be saved.")
        super().save(*args, **kwargs)

    @property
    def desks(self) -> list[dict[str, str]]:
        """The links of the main navigation: one desk per role this user holds anywhere."""
        roles = set(self.memberships.values_list("role", flat=True))
        links = []
        if self.readerships.filter(withdrawn_at__isnull=True).exists():
            links.append({"label": pgettext("desk", "Read"), "path": "/read/"})
        if self.may_coordinate or "coordinator" in roles:
            links += [{"label": _("Cohorts"), "path": "/cohorts/"}, {"label": _("Studies"), "path": "/studies/"}]
        if "investigator" in roles:
            links += [{"label": _("Training"), "path": "/training/"}, {"label": _("Analysis"), "path": "/analysis/"}]
            links.append({"label": pgettext("desk", "Screen"), "path": "/screen/"})
        if self.may_coordinate or "coordinator" in roles:
            links.append({"label": _("Status"), "path": "/status/"})
        return links


class AccessKey(models.Model):
    """What a script shows in place of a password. Only its hash is stored; a revoked key stays as a row."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", gettext_lazy("coordinator")
        INVESTIGATOR = "investigator", gettext_lazy("investigator")
        READER = "reader", gettext_lazy("reader")

    user = models.ForeignKey(User, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the key
    start = models.CharField(max_length=12)  # its first characters, to tell keys apart
    role = models.CharField(max_length=12, choices=Role, blank=True)  # empty: whatever the user may do
    can_write = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["", "coordinator", "investigator", "reader"]), name="key_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start}… of {self.user_id}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
