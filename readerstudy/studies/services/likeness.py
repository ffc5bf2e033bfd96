"""Whether two subjects whose photos look the same are one child: decided by a person, and audited."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Resemblance, Subject


@transaction.atomic
def decide_resemblance(*, one: Subject, other: Subject, is_same_child: bool, by: User) -> Resemblance:
    """A later decision takes the place of an earlier one; the audit log keeps both."""
    if one.cohort_id != other.cohort_id or one.pk == other.pk:
        raise Refused(_("Choose two different subjects of one cohort."))
    first, second = sorted((one, other), key=lambda subject: subject.pk)
    made, _is_new = Resemblance.objects.update_or_create(
        first=first,
        second=second,
        defaults={"is_same_child": is_same_child, "decided_by": by, "decided_at": timezone.now()},
    )
    record(
        "resemblance.decided",
        actor=by,
        target=f"cohort:{first.cohort_id}",
        subjects=[first.code, second.code],
        is_same_child=is_same_child,
    )
    return made
