"""Opening results before the reading is closed: once, for a reason, for good."""

from django.db import transaction
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study, Unblinding
from readerstudy.studies.selectors.blinding import unblinding_of
from readerstudy.studies.selectors.studies import current_protocol

LONGEST = 400


@transaction.atomic
def unblind_study(*, study: Study, by: User, reason: str) -> Unblinding:
    """Open the results of an open study to its investigators. It cannot be undone."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST:
        raise Refused(
            _("Say in at most %(longest)s characters why the results are opened before the reading is closed.")
            % {"longest": LONGEST}
        )
    if study.status == Study.Status.DRAFT:
        raise Refused(_("The study is not open yet: there are no results to look at."), status=409)
    if study.status == Study.Status.CLOSED:
        raise Refused(_("The reading is closed: its results are open already."), status=409)
    if not current_protocol(study).is_blinded_until_closed:
        raise Refused(_("The protocol allows interim results: they are open already."), status=409)
    if unblinding_of(study):
        raise Refused(_("The results were opened early already."), status=409)
    made = Unblinding.objects.create(study=study, by=by, reason=reason)
    record("study.unblinded_early", actor=by, target=f"study:{study.pk}", reason=reason)
    return made
