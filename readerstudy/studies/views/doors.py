"""What every page of the coordinator's desk does first and last."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, studies_of, study_for

View = Callable[..., HttpResponse]


def study_page(view: View) -> View:
    """``view(request, study, ...)`` for coordinators of study ``pk``: 404 for strangers, 403 for other roles."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
        return view(request, study_for(request.user, pk, COORDINATOR), **more)

    return page


def act(request: HttpRequest, *, do: Callable[[], object], done: str, to: str, pk: int) -> HttpResponse:
    """Carry one write out, say what came of it, and go to page ``to`` of study ``pk``."""
    try:
        do()
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
    else:
        messages.success(request, done, extra_tags="good")
    return redirect(to, pk)


def is_coordinator(user: User) -> bool:
    return user.may_coordinate or studies_of(user, COORDINATOR).exists()


def require_coordinator(user: User) -> None:
    if not is_coordinator(user):
        raise PermissionDenied(_("This page is for coordinators."))
