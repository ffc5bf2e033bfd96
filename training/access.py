"""Doors of the training room: investigators of a study on the cohort."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.studies.access import INVESTIGATOR, cohort_for, cohorts_of, with_this_key
from readerstudy.studies.models import Membership, Reader
from training.ensembles import runs_with_networks
from training.models import TrainingRun


def run_for(user: User, pk: int) -> TrainingRun:
    """Run ``pk`` if the user investigates on its cohort: else 403 for its other people, 404 for strangers."""
    run = TrainingRun.objects.select_related("cohort", "created_by").filter(pk=pk).first()
    if run is None:
        raise Http404(_("No such run."))
    cohort_for(user, run.cohort_id, INVESTIGATOR)
    return run


def run_to_screen(user: User, pk: int) -> TrainingRun:
    """Run ``pk`` if the user may show it a new photo: its investigators who read no face of its cohort.

    Whoever is to call faces of the cohort could ask the model about them here, however they came by the pictures.
    """
    run = run_for(user, pk)
    if Reader.objects.filter(study__cohort=run.cohort_id, user=user).exists():
        raise PermissionDenied(_("You read faces of this run's cohort: its model must not tell you about one."))
    return run


def runs_to_screen(user: User) -> QuerySet[TrainingRun]:
    """The finished networks to which the user may show a new photo, newest first."""
    cohorts = cohorts_of(user, INVESTIGATOR).exclude(studies__readers__user=user)
    return runs_with_networks().filter(cohort__in=cohorts).order_by("-id")


def enter_desk(user: User) -> None:
    """The pages that belong to no run: investigators of any study."""
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    if INVESTIGATOR in with_this_key(user, roles):
        return
    if roles or user.may_coordinate or Reader.objects.filter(user=user).exists():
        raise PermissionDenied(_("Training belongs to investigators."))
    raise Http404(_("No study of yours has a training desk."))
