"""Keys for scripts: making, revoking, and what a request with one may do."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from readerstudy.accounts.models import AccessKey, User
from readerstudy.accounts.trail import record
from readerstudy.refusal import Refused

PREFIX = "rs_"  # lets a scanner for leaked secrets find ours
SHOWN = 9  # characters of a key that stay readable
MOST = 20  # keys in use at a time
USE_NOTED_EVERY = timedelta(minutes=1)  # a write for every request would make scripts wait for each other


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def keys_in_use(user: User) -> QuerySet[AccessKey]:
    return user.keys.filter(revoked_at__isnull=True)


@transaction.atomic
def make_key(
    *, user: User, name: str, role: str = "", can_write: bool = False, days: int | None = None
) -> tuple[AccessKey, str]:
    """A new key of ``user`` and its text, which is not stored. ``role`` and ``can_write`` only ever narrow."""
    if role and role not in AccessKey.Role.values:
        raise Refused(
            _("There is no role '%(role)s': choose %(roles)s, or none.")
            % {"role": role, "roles": ", ".join(AccessKey.Role.values)}
        )
    if keys_in_use(user).count() >= MOST:
        raise Refused(_("%(n)d keys are in use. Revoke one that you no longer need.") % {"n": MOST}, status=409)
    text = PREFIX + secrets.token_urlsafe(32)
    key = AccessKey.objects.create(
        user=user,
        name=name,
        digest=digest_of(text),
        start=text[:SHOWN],
        role=role,
        can_write=can_write,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    record("key.made", actor=user, target=f"user:{user.pk}", key=key.pk, name=name, role=role, can_write=can_write)
    return key, text


@transaction.atomic
def revoke_key(*, key: AccessKey, by: User) -> None:
    """From now on the key opens nothing."""
    if not AccessKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        raise Refused(_("This key is revoked already."), status=409)
    record("key.revoked", actor=by, target=f"user:{key.user_id}", key=key.pk, name=key.name)


class KeyAuthentication(TokenAuthentication):
    """``Authorization: Token rs_...``; the request's user is limited to the key's role."""

    def authenticate_credentials(self, key: str) -> tuple[User, AccessKey]:
        found = AccessKey.objects.select_related("user").filter(digest=digest_of(key)).first()
        if found is None:
            raise exceptions.AuthenticationFailed(_("There is no such key."))
        if found.revoked_at:
            raise exceptions.AuthenticationFailed(_("This key was revoked."))
        if found.is_expired:
            raise exceptions.AuthenticationFailed(_("This key has expired: make a new one on your account's page."))
        if not found.user.is_active or found.user.is_simulated:
            raise exceptions.AuthenticationFailed(_("This account has been switched off."))
        _note_use(found)
        return found.user.limited_to(found.role), found


def _note_use(key: AccessKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        AccessKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


class KeyMay(BasePermission):
    """A read-only key only reads. A view that names ``key_roles`` takes no key that is limited to another role."""

    def has_permission(self, request: Request, view: object) -> bool:
        key = request.auth
        if not isinstance(key, AccessKey):
            return True
        if request.method not in SAFE_METHODS and not key.can_write:
            raise exceptions.PermissionDenied(_("This key may only read. Make one that may write, or use another."))
        roles = getattr(view, "key_roles", None)
        if key.role and roles is not None and key.role not in roles:
            limited = _("This key is limited to the work of a %(role)s.") % {"role": key.get_role_display()}
            raise exceptions.PermissionDenied(limited)
        return True
