"""The way from the front door to one's own desk, and the help pages."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.accounts.models import User
from readerstudy.studies.models import Membership

DESKS = {
    "reader": {
        "title": gettext_lazy("Read"),
        "path": "/read/",
        "about": gettext_lazy("Look at the faces you were invited to read."),
    },
    "coordinator": {
        "title": gettext_lazy("Coordinate"),
        "path": "/studies/",
        "about": gettext_lazy("Cohorts and studies: photographs, rules, readers, progress."),
    },
    "investigator": {
        "title": gettext_lazy("Investigate"),
        "path": "/training/",
        "about": gettext_lazy("Train the model, and compare it with the readers."),
    },
}
HELP = {"reader", "coordinator", "investigator"}


def roles_of(user: User) -> list[str]:
    """The roles this user holds anywhere, in the order of the desks."""
    held = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    if user.readerships.filter(withdrawn_at__isnull=True, study__preview_of=None).exists():
        held.add("reader")
    if user.may_coordinate:
        held.add("coordinator")
    return [role for role in DESKS if role in held]


@login_required
def home(request: HttpRequest) -> HttpResponse:
    roles = roles_of(request.user)
    if len(roles) == 1:
        return redirect(DESKS[roles[0]]["path"])
    return render(request, "studies/home.html", {"desks": [DESKS[role] | {"role": role} for role in roles]})


def help_page(request: HttpRequest, role: str) -> HttpResponse:
    if role not in HELP:
        raise Http404(_("There is no such help page."))
    return render(request, f"help/{role}.html", {"role": role})
