"""Invitations: single-use links, of which only the hash is kept."""

import hashlib
import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.language import in_language_of
from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Membership, Reader, Study
from readerstudy.studies.services.people import (
    add_member,
    add_reader,
    refuse_unless_blind,
    withdraw_reader,
)

log = logging.getLogger(__name__)
LIFETIME = timedelta(days=14)


def link_for(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('studies:invitation', args=[token])}"


@transaction.atomic
def invite(
    *,
    study: Study,
    email: str,
    role: str,
    by: User,
    seniority: str = Reader.Seniority.SENIOR,
    name: str = "",
    replaces: Reader | None = None,
) -> tuple[Invitation, str]:
    """A new invitation and its token, which is not stored and cannot be shown again."""
    study = Study.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=study.pk)
    email = email.strip().lower()
    if role not in Invitation.Role.values:
        raise Refused(
            _("There is no role %(role)s: choose reader, coordinator or investigator.") % {"role": f"{role!r}"}
        )
    if role == Invitation.Role.READER and study.status == Study.Status.CLOSED:
        raise Refused(_("The study is closed: nobody can read in it any more."), status=409)
    known = User.objects.filter(email__iexact=email).first()
    if known:
        refuse_if_impossible(study=study, user=known, role=role)
    pending = study.invitations.select_for_update().filter(
        email=email, role=role, accepted_at__isnull=True, revoked_at__isnull=True
    )
    if pending.filter(expires_at__gt=timezone.now()).exists():
        raise Refused(
            _("%(email)s is invited as %(role)s already. Renew that invitation instead.")
            % {"email": email, "role": Invitation.Role(role).label},
            status=409,
        )
    pending.update(revoked_at=timezone.now())  # expired ones make room
    token, digest = _new_token()
    invitation = Invitation.objects.create(
        study=study,
        email=email,
        name=name.strip(),
        role=role,
        seniority=seniority,
        replaces=replaces,
        token_hash=digest,
        created_by=by,
        expires_at=timezone.now() + LIFETIME,
    )
    record("invitation.made", actor=by, target=f"study:{study.pk}", invitation=invitation.pk, role=role)
    return invitation, token


@transaction.atomic
def replace_reader(*, reader: Reader, email: str, by: User, reason: str = "", name: str = "") -> tuple[Invitation, str]:
    """Withdraw ``reader``, keeping every answer, and invite somebody of the same seniority in their place."""
    if Reader.objects.filter(replaces=reader).exists():
        raise Refused(_("%(code)s has been replaced already.") % {"code": reader.code}, status=409)
    waiting = reader.study.invitations.filter(replaces=reader, accepted_at__isnull=True, revoked_at__isnull=True)
    if waiting.filter(expires_at__gt=timezone.now()).exists():
        raise Refused(
            _("Somebody is invited in the place of %(code)s already. Take that back first.") % {"code": reader.code},
            status=409,
        )
    made = invite(
        study=reader.study,
        email=email,
        role=Invitation.Role.READER,
        by=by,
        seniority=reader.seniority,
        name=name,
        replaces=reader,
    )
    if reader.withdrawn_at is None:
        withdraw_reader(reader=reader, by=by, reason=reason)
    record("reader.replaced", actor=by, target=f"study:{reader.study_id}", code=reader.code, reason=reason)
    return made


@transaction.atomic
def renew_invitation(*, invitation: Invitation, by: User) -> tuple[Invitation, str]:
    """A fresh link and fourteen more days; the old link stops working."""
    invitation = _locked(invitation)
    _refuse_if_settled(invitation)
    token, invitation.token_hash = _new_token()
    invitation.expires_at = timezone.now() + LIFETIME
    invitation.save(update_fields=["token_hash", "expires_at"])
    record("invitation.renewed", actor=by, target=f"study:{invitation.study_id}", invitation=invitation.pk)
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> Invitation:
    invitation = _locked(invitation)
    _refuse_if_settled(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record("invitation.revoked", actor=by, target=f"study:{invitation.study_id}", invitation=invitation.pk)
    return invitation


def find_invitation(token: str) -> Invitation:
    """The invitation behind a link, if it still opens; else a sentence saying why not."""
    invitation = Invitation.objects.select_related("study__cohort").filter(token_hash=_hash(token)).first()
    if invitation is None:
        raise Refused(
            _("This invitation is not known. Check that the whole link was copied, or ask for a new one."), status=404
        )
    if invitation.accepted_at:
        raise Refused(_("This invitation has been used. Sign in with the account that was made with it."), status=410)
    if invitation.revoked_at:
        raise Refused(_("This invitation was taken back. Ask the coordinator of the study."), status=410)
    if invitation.expires_at <= timezone.now():
        raise Refused(_("This invitation has expired. Ask the coordinator of the study for a new one."), status=410)
    # Investigators may well join after the reading: that is when they compare.
    if invitation.role == Invitation.Role.READER and invitation.study.status == Study.Status.CLOSED:
        raise Refused(_("The study is closed: nobody can read in it any more."), status=410)
    return invitation


@transaction.atomic
def accept_invitation(
    *,
    token: str,
    user: User,
    seniority: str = "",
    years_of_experience: int | None = None,
    has_genetics_training: bool | None = None,
) -> Reader | Membership:
    """Use the link up: ``user`` becomes what it says. Blinding is checked once more."""
    invitation = _locked(find_invitation(token))
    _refuse_if_settled(invitation)
    if user.is_simulated:
        raise Refused(_("A simulated physician accepts no invitation."))
    if invitation.role == Invitation.Role.READER:
        place: Reader | Membership = add_reader(
            study=invitation.study,
            user=user,
            seniority=seniority or invitation.seniority,
            years_of_experience=years_of_experience,
            has_genetics_training=has_genetics_training,
            replaces=invitation.replaces,
        )
        invitation.accepted_as = place
    else:
        place = add_member(study=invitation.study, user=user, role=invitation.role, by=user)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at", "accepted_as"])
    record(
        "invitation.accepted",
        actor=place if isinstance(place, Reader) else user,
        target=f"study:{invitation.study_id}",
        invitation=invitation.pk,
        role=invitation.role,
    )
    return place


@in_language_of(lambda invitation, **_: invitation.email)
def mail_invitation(*, invitation: Invitation, token: str) -> bool:
    """Send the link. False when the mail server did not take it: the link is then handed over in another way."""
    words = {"invitation": invitation, "study": invitation.study, "link": link_for(token), "by": invitation.created_by}
    try:
        send_mail(
            subject=_("Invitation to the study “%(name)s”") % {"name": invitation.study.name},
            message=render_to_string("studies/mail/invitation.txt", words),
            from_email=None,
            recipient_list=[invitation.email],
        )
    except OSError as error:  # SMTPException is one of these
        log.warning("The invitation to study %s could not be mailed: %s", invitation.study_id, error)
        return False
    return True


def refuse_if_impossible(*, study: Study, user: User, role: str) -> None:
    if role == Invitation.Role.READER:
        refuse_unless_blind(study=study, user=user)
    elif Membership.objects.filter(study=study, user=user, role=role).exists():
        raise Refused(
            _("%(user)s is %(role)s of this study already.") % {"user": user, "role": Invitation.Role(role).label},
            status=409,
        )
    elif Reader.objects.filter(study__cohort_id=study.cohort_id, user=user).exists():
        raise Refused(
            _("%(user)s reads faces of this cohort and must stay blind: no other role is possible.") % {"user": user},
            status=409,
        )


def _refuse_if_settled(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise Refused(_("This invitation has been used already."), status=410)
    if invitation.revoked_at:
        raise Refused(_("This invitation was taken back already."), status=410)


def _locked(invitation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("study__cohort", "created_by")
        .get(pk=invitation.pk)
    )


def _new_token() -> tuple[str, str]:
    token = secrets.token_urlsafe(32)
    return token, _hash(token)


def _hash(token: str) -> str:
    """A plain hash is enough: the token holds 256 random bits, nobody can try them all."""
    return hashlib.sha256(token.encode()).hexdigest()
