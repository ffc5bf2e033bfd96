"""Who takes part in a study, and in which role. A reader is blind: no truth may lie within reach."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Membership, Reader, Study

PREFIX = {Reader.Seniority.SENIOR: "SP", Reader.Seniority.JUNIOR: "JP", Reader.Seniority.OTHER: "R"}


@transaction.atomic
def add_member(*, study: Study, user: User, role: str, by: User) -> Membership:
    """Make ``user`` coordinator or investigator of the study. Whoever reads on the same cohort is refused."""
    if role not in Membership.Role.values:
        raise Refused(_("There is no role %(role)s: choose coordinator or investigator.") % {"role": f"{role!r}"})
    if user.is_simulated:
        raise Refused(_("A simulated physician can only read."))
    if Reader.objects.filter(study__cohort_id=study.cohort_id, user=user).exists():
        raise Refused(
            _("%(user)s reads faces of this cohort and must stay blind: no other role is possible.") % {"user": user},
            status=409,
        )
    membership, is_new = Membership.objects.get_or_create(study=study, user=user, role=role)
    if is_new:
        record("member.added", actor=by, target=f"study:{study.pk}", member=f"user:{user.pk}", role=role)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """Take a role away; the last coordinator stays."""
    study = Study.objects.select_for_update().get(pk=membership.study_id)
    others = study.memberships.filter(role=Membership.Role.COORDINATOR).exclude(pk=membership.pk)
    if membership.role == Membership.Role.COORDINATOR and not others.exists():
        raise Refused(_("A study keeps at least one coordinator. Add another one first."), status=409)
    record(
        "member.removed",
        actor=by,
        target=f"study:{study.pk}",
        member=f"user:{membership.user_id}",
        role=membership.role,
    )
    membership.delete()


@transaction.atomic
def add_reader(
    *,
    study: Study,
    user: User,
    seniority: str = Reader.Seniority.SENIOR,
    code: str | None = None,
    years_of_experience: int | None = None,
    has_genetics_training: bool | None = None,
    is_simulated: bool = False,
    replaces: Reader | None = None,
    by: User | None = None,
) -> Reader:
    """Give ``user`` a reader's place with the next free code (SP 1, JP 2 ...); refused unless the user is blind.

    ``by`` stays empty where the reader accepts an invitation: the log must not tie a code to an account.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if seniority not in Reader.Seniority.values:
        raise Refused(
            _("There is no seniority %(seniority)s: choose senior, junior or other.") % {"seniority": f"{seniority!r}"}
        )
    if study.status == Study.Status.CLOSED:
        raise Refused(_("The study is closed: nobody can join it any more."), status=409)
    refuse_unless_blind(study=study, user=user)
    if replaces and Reader.objects.filter(replaces=replaces).exists():
        raise Refused(_("%(code)s has been replaced already.") % {"code": replaces.code}, status=409)
    code = (code or "").strip() or next_code(study, seniority)
    if study.readers.filter(code=code).exists():
        raise Refused(_("The code %(code)s is taken in this study.") % {"code": code}, status=409)
    reader = Reader.objects.create(
        study=study,
        user=user,
        code=code,
        seniority=seniority,
        years_of_experience=years_of_experience,
        has_genetics_training=has_genetics_training,
        is_simulated=is_simulated or user.is_simulated,
        replaces=replaces,
    )
    record(
        "reader.added",
        actor=by or reader,
        target=f"study:{study.pk}",
        code=code,
        is_simulated=reader.is_simulated,
        **({"replaces": replaces.code} if replaces else {}),
    )
    return reader


@transaction.atomic
def withdraw_reader(*, reader: Reader, by: User | Reader, reason: str = "") -> Reader:
    """The reader reads no more; every answer given so far is kept. Who leaves by themselves does so as a reader."""
    if reader.withdrawn_at:
        raise Refused(_("%(code)s has been withdrawn already.") % {"code": reader.code}, status=409)
    reader.withdrawn_at = timezone.now()
    reader.save(update_fields=["withdrawn_at"])
    # Sessions are rows of readerstudy.reading, a room above this one: reached by relation, not imported.
    reader.sessions.filter(finished_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=reader.withdrawn_at)
    record("reader.withdrawn", actor=by, target=f"study:{reader.study_id}", code=reader.code, reason=reason)
    return reader


def refuse_unless_blind(*, study: Study, user: User) -> None:
    """A reader holds no other role in the study, no role in any study on the same cohort, and made no part of it."""
    if Reader.objects.filter(study=study, user=user).exists():
        raise Refused(_("%(user)s is a reader of this study already.") % {"user": user}, status=409)
    if member := Membership.objects.filter(study=study, user=user).first():
        raise Refused(
            _("%(user)s is %(role)s of this study and knows too much to read in it.")
            % {"user": user, "role": member.get_role_display()},
            status=409,
        )
    elsewhere = Membership.objects.filter(study__cohort_id=study.cohort_id, user=user).select_related("study").first()
    if elsewhere:
        raise Refused(
            _("%(user)s is %(role)s of “%(study)s” on the same faces and knows too much to read them.")
            % {"user": user, "role": elsewhere.get_role_display(), "study": elsewhere.study},
            status=409,
        )
    reading = Reader.objects.filter(study__cohort_id=study.cohort_id, user=user).select_related("study").first()
    if reading:
        raise Refused(
            _("%(user)s reads the same faces in “%(study)s”; a face seen twice is not a fresh reading.")
            % {"user": user, "study": reading.study},
            status=409,
        )
    if study.cohort.created_by_id == user.pk:
        raise Refused(_("%(user)s made this cohort and knows too much to read it.") % {"user": user}, status=409)
    if user.is_staff or user.is_superuser:
        raise Refused(
            _("%(user)s administers this site and can see the truth; choose another reader.") % {"user": user},
            status=409,
        )


def next_code(study: Study, seniority: str) -> str:
    """The next code of this seniority: numbers are never given twice, not even after a withdrawal."""
    prefix = PREFIX[Reader.Seniority(seniority)]
    numbers = [
        int(code.removeprefix(f"{prefix} "))
        for code in study.readers.filter(code__startswith=f"{prefix} ").values_list("code", flat=True)
        if code.removeprefix(f"{prefix} ").isdigit()
    ]
    return f"{prefix} {max(numbers, default=0) + 1}"
