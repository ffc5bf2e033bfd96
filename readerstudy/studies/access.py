"""Who may enter which door: 404 for strangers, 403 for somebody who belongs to the study but in another role."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.studies.models import Cohort, Membership, Reader, Study

COORDINATOR = Membership.Role.COORDINATOR.value
INVESTIGATOR = Membership.Role.INVESTIGATOR.value


def with_this_key(user: User, roles: Iterable[str]) -> set[str]:
    """Those of ``roles`` in which ``user`` may act now: the key of a script may be limited to one."""
    return {role for role in roles if user.key_role in ("", role)}


def studies_of(user: User, *roles: str) -> QuerySet[Study]:
    """The studies in which ``user`` holds one of ``roles``."""
    mine = Study.objects.filter(memberships__user=user, memberships__role__in=with_this_key(user, roles))
    return mine.distinct()


def study_for(user: User, pk: int, *roles: str) -> Study:
    """Study ``pk`` if ``user`` holds one of ``roles`` in it."""
    held = set(Membership.objects.filter(study_id=pk, user=user).values_list("role", flat=True))
    if held & with_this_key(user, roles):
        return Study.objects.select_related("cohort").get(pk=pk)
    if held or Reader.objects.filter(study_id=pk, user=user).exists():
        raise PermissionDenied(_("This page is for another role in this study."))
    raise Http404(_("No such study."))


def cohorts_of(user: User, *roles: str) -> QuerySet[Cohort]:
    """The cohorts behind the studies in which ``user`` holds one of ``roles``; a coordinator's own ones besides."""
    roles = with_this_key(user, roles)
    mine = Q(studies__memberships__user=user, studies__memberships__role__in=roles)
    if COORDINATOR in roles:
        mine |= Q(created_by=user)
    return Cohort.objects.filter(mine, is_preview=False).distinct()


def cohort_for(user: User, pk: int, *roles: str) -> Cohort:
    """Cohort ``pk`` if ``user`` may enter it in one of ``roles``."""
    if cohort := cohorts_of(user, *roles).filter(pk=pk).first():
        return cohort
    belongs = Membership.objects.filter(study__cohort_id=pk, user=user).exists()
    belongs = belongs or Cohort.objects.filter(pk=pk, created_by=user, is_preview=False).exists()
    if belongs or Reader.objects.filter(study__cohort_id=pk, user=user).exists():
        raise PermissionDenied(_("This page is for another role."))
    raise Http404(_("No such cohort."))
