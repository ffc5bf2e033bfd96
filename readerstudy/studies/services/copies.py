"""A new draft after the pattern of a study: its words, rules and faces; never its people or their answers."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.studies.models import Case, Study
from readerstudy.studies.selectors.studies import current_protocol, eligible_photos
from readerstudy.studies.services.studies import RULES, create_study


@transaction.atomic
def copy_study(*, study: Study, name: str, by: User, with_cases: bool = True) -> Study:
    """A draft named ``name`` on the same cohort, coordinated by ``by``.

    The faces keep their numbers, so that two studies can be laid side by side. Faces that can no longer be shown
    (consent taken back, photo replaced) stay behind: the copy then has fewer cases than ``study``. Readers,
    invitations, answers and the prepared output of a model are not copied.
    """
    if not by.may_coordinate:
        raise PermissionDenied(_("This account may not make studies."))
    protocol = current_protocol(study)
    copy = create_study(
        cohort=study.cohort,
        name=name.strip(),
        created_by=by,
        description=study.description,
        consent_text=study.consent_text,
        instructions=study.instructions,
        **{rule: getattr(protocol, rule) for rule in RULES},
    )
    cases = _copy_cases(study, copy) if with_cases else []
    record(
        "study.copied",
        actor=by,
        target=f"study:{copy.pk}",
        source=f"study:{study.pk}",
        protocol_version=protocol.version,
        cases=len(cases),
        cases_left_out=study.cases.count() - len(cases) if with_cases else None,
    )
    return copy


def _copy_cases(study: Study, copy: Study) -> list[Case]:
    showable = study.cases.filter(photo__in=eligible_photos(study.cohort)).order_by("number")
    return Case.objects.bulk_create(
        Case(study=copy, photo_id=case.photo_id, number=case.number, is_practice=case.is_practice) for case in showable
    )
