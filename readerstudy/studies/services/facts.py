"""Facts about a subject's diagnosis that became known, or were written down wrongly, after the import."""

from django.db import transaction
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.imports import cells
from readerstudy.studies.models import Subject

READERS = {
    "orpha": cells.orpha,
    "omim": cells.omim,
    "confirmation": cells.confirmation,
    "confirmed_on": cells.confirmed_on,
}


def read_fact(name: str, cell: str) -> str:
    """As the manifest's column of this name is read; ``ValueError`` with a sentence."""
    return READERS[name](cell.strip())


@transaction.atomic
def state_confirmation(*, subject: Subject, by: User, **told: str) -> Subject:
    """Write codes, the kind of confirmation and its date; what is not ``told`` stays, and the audit log keeps both.

    Truth itself (GS or control, the diagnosis) is not changed here: studies and training runs rest on it.
    """
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    try:
        wanted = {name: read_fact(name, cell) for name, cell in told.items()}
    except ValueError as error:
        raise Refused(said(str(error))) from None
    changed = {name: value for name, value in wanted.items() if getattr(subject, name) != value}
    if not subject.has_syndrome and (changed.get("orpha") or changed.get("omim")):
        raise Refused(_("Only a subject labelled GS can have the code of a diagnosis."))
    if not changed:
        return subject
    before = {name: getattr(subject, name) for name in changed}
    for name, value in changed.items():
        setattr(subject, name, value)
    subject.save(update_fields=list(changed))
    record("subject.facts_changed", actor=by, target=f"subject:{subject.pk}", cohort=subject.cohort_id,
           code=subject.code, before=before, after=changed)  # fmt: skip
    return subject
