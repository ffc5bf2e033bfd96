"""Doors of the training room: investigators of a study on the cohort."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from readerstudy.accounts.models import User
from readerstudy.studies.access import INVESTIGATOR, cohort_for, with_this_key
from readerstudy.studies.models import Membership, Reader
from training.models import TrainingRun


def run_for(user: User, pk: int) -> TrainingRun:
    """Run ``pk`` if the user investigates on its cohort: else 403 for its other people, 404 for strangers."""
    run = TrainingRun.objects.select_related("cohort", "created_by").filter(pk=pk).first()
    if run is None:
        raise Http404("No such run.")
    cohort_for(user, run.cohort_id, INVESTIGATOR)
    return run


def enter_desk(user: User) -> None:
    """The pages that belong to no run: investigators of any study."""
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    if INVESTIGATOR in with_this_key(user, roles):
        return
    if roles or user.may_coordinate or Reader.objects.filter(user=user).exists():
        raise PermissionDenied("Training belongs to investigators.")
    raise Http404("No study of yours has a training desk.")
