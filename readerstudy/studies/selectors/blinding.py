"""Whether the results of a study may be seen yet: truth beside answers, accuracy, comparisons, files with answers.

The one rule for every door. Results wait while the reading is not closed, unless the protocol allows interim looks or
an investigator has opened them early, with a reason that every later result repeats.
"""

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol, Study, Unblinding
from readerstudy.studies.selectors.studies import current_protocol


def unblinding_of(study: Study) -> Unblinding | None:
    return Unblinding.objects.filter(study=study).first()


def results_wait(study: Study) -> bool:
    """Whether results are still closed to everybody, investigators and coordinators included."""
    if study.status == Study.Status.CLOSED or not current_protocol(study).is_blinded_until_closed:
        return False
    return unblinding_of(study) is None


def waiting_studies() -> QuerySet[Study]:
    """All studies whose results wait."""
    versions = Protocol.objects.filter(study=OuterRef("pk")).order_by("-version")
    rule = Coalesce(Subquery(versions.values("is_blinded_until_closed")[:1]), Value(True))
    return Study.objects.exclude(status=Study.Status.CLOSED).filter(unblinding=None).alias(rule=rule).filter(rule=True)


def waiting_words(study: Study) -> str:
    return _(
        "The results of “%(name)s” stay closed until its reading is closed: its protocol keeps everybody blind. "
        "An investigator can open them earlier, for a stated reason, on the analysis page of the study."
    ) % {"name": study.name}


def refuse_while_blinded(study: Study) -> None:
    """
    Raises
    ------
    Refused
        While results wait; the sentence says until when.
    """
    if results_wait(study):
        raise Refused(waiting_words(study), status=403)
