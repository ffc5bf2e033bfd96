"""Taking a reader's name away for good; code, seniority and every call stay.

What is severed: the account, the invitations' address and name and, unless it is kept on purpose, what the reader told
about experience and training. An account that holds nothing else goes too. The audit log holds numbers only, and the
reader's own acts under the reader's number, so that nothing in it leads back.
"""

import logging

from axes.utils import reset
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Reader, Study

log = logging.getLogger(__name__)


@transaction.atomic
def anonymise_reader(*, reader: Reader, by: User, code: str, keeps_profile: bool = False) -> Reader:
    """Sever ``reader`` from the person, once the study is closed or the reader has left. ``code`` typed confirms it."""
    reader = Reader.objects.select_for_update(of=("self",)).select_related("study", "user").get(pk=reader.pk)
    _refuse_unless_over(reader)
    if " ".join(code.split()).casefold() != reader.code.casefold():
        raise Refused(_("Type the code %(code)s to confirm: it cannot be undone.") % {"code": reader.code})
    user = reader.user
    reader.user, reader.anonymised_at = None, timezone.now()
    if not keeps_profile:
        reader.years_of_experience = reader.has_genetics_training = None
    reader.save(update_fields=["user", "anonymised_at", "years_of_experience", "has_genetics_training"])
    _blank(reader.study.invitations.filter(Q(accepted_as=reader) | Q(email__iexact=user.email)))
    is_gone = _forget(user)
    record(
        "reader.anonymised",
        actor=by,
        target=f"study:{reader.study_id}",
        code=reader.code,
        profile="kept" if keeps_profile else "removed",
        account="erased" if is_gone else "kept, it holds another role",
    )
    return reader


def may_be_anonymised(reader: Reader) -> bool:
    is_over = reader.withdrawn_at is not None or reader.study.status == Study.Status.CLOSED
    return is_over and not reader.is_simulated and reader.anonymised_at is None


def _refuse_unless_over(reader: Reader) -> None:
    if reader.anonymised_at:
        raise Refused(_("%(code)s has been anonymised already.") % {"code": reader.code}, status=409)
    if reader.is_simulated:
        raise Refused(
            _("%(code)s is played by a program: there is no person to make anonymous.") % {"code": reader.code},
            status=409,
        )
    if not may_be_anonymised(reader):
        raise Refused(
            _(
                "%(code)s still takes part. Close the study or withdraw the reader first: without an "
                "account nobody can go on reading."
            )
            % {"code": reader.code},
            status=409,
        )


def _blank(invitations: object) -> None:
    """The row stays, since it says that somebody was invited; open links stop working."""
    for invitation in invitations:
        invitation.email, invitation.name = f"anonymised-{invitation.pk}@reader.invalid", ""
        if invitation.accepted_at is None and invitation.revoked_at is None:
            invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["email", "name", "revoked_at"])


def _forget(user: User) -> bool:
    """Erase the account, unless another role or study holds it."""
    holds_more = user.may_coordinate or user.is_staff or user.is_superuser
    if holds_more or user.memberships.exists() or user.readerships.exists():
        return False
    settled = Q(accepted_at__isnull=False) | Q(revoked_at__isnull=False)
    _blank(Invitation.objects.filter(settled, email__iexact=user.email))
    reset(username=user.email.lower())  # failed sign-ins are counted under the address
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:  # it once made something that stays: then the row stays, with nothing of the person in it
        _empty(user)
    return True


def _empty(user: User) -> None:
    for held in (user.keys, user.authenticator_set, user.socialaccount_set, user.emailaddress_set):
        held.all().delete()
    user.email, user.name, user.is_active = f"anonymised-{user.pk}@account.invalid", "", False
    user.set_unusable_password()
    user.save()
