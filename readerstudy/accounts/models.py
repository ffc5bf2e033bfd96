"""People who sign in. What they may do in a study is a row of ``studies`` (Membership or Reader), not of this table."""

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def desks(self) -> list[dict[str, str]]:
        """The links of the main navigation: one desk per role this user holds anywhere."""
        roles = set(self.memberships.values_list("role", flat=True))
        links = []
        if self.readerships.filter(withdrawn_at__isnull=True).exists():
            links.append({"label": "Read", "path": "/read/"})
        if self.may_coordinate or "coordinator" in roles:
            links += [{"label": "Cohorts", "path": "/cohorts/"}, {"label": "Studies", "path": "/studies/"}]
        if "investigator" in roles:
            links += [{"label": "Training", "path": "/training/"}, {"label": "Analysis", "path": "/analysis/"}]
            links.append({"label": "Screen", "path": "/screen/"})
        return links
