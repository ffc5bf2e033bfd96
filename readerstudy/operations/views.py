"""The status page of coordinators, and the same for scripts."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.operations.doctor import BAD, LOOK, OK, STATES
from readerstudy.operations.status import look

HEADLINES = {
    OK: ("good", gettext_lazy("Everything is in order.")),
    LOOK: ("warn", gettext_lazy("Everything works; something needs a look.")),
    BAD: ("bad", gettext_lazy("Something stands still and has to be mended.")),
}
BADGES = {
    OK: ("good", pgettext_lazy("state of a thing", "in order")),
    LOOK: ("warn", pgettext_lazy("state of a thing", "look")),
    BAD: ("bad", pgettext_lazy("state of a thing", "mend")),
}


def enter(user: Any) -> None:
    """Coordinators of any study, or of none yet."""
    roles = set(user.memberships.values_list("role", flat=True))
    if user.may_coordinate or ("coordinator" in roles and user.key_role in ("", "coordinator")):
        return
    if roles or user.readerships.exists():
        raise PermissionDenied(_("This page is for coordinators."))
    raise Http404(_("No such page."))


@login_required
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    enter(request.user)
    found = look()
    lines = [(line, *BADGES[line.state]) for line in found.lines]
    tone, headline = HEADLINES[found.state]
    page = {"found": found, "lines": lines, "tone": tone, "headline": headline}
    response = render(request, "operations/status.html", page)
    response["Cache-Control"] = "no-store"
    return response


class StatusLineSerializer(serializers.Serializer):
    subject = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    says = serializers.CharField()
    advice = serializers.CharField(allow_blank=True, help_text="what to do; empty where there is nothing to do")


class StatusSerializer(serializers.Serializer):
    state = serializers.ChoiceField(STATES, help_text="that of the worst line")
    at = serializers.DateTimeField()
    lines = StatusLineSerializer(many=True)


class StatusView(APIView):
    key_roles = ("coordinator",)

    @extend_schema(responses=StatusSerializer)
    def get(self, request: Request) -> Response:
        """Is everything in order? What the status page says, for a script or a monitoring system."""
        enter(request.user)
        return Response(StatusSerializer(look()).data, headers={"Cache-Control": "no-store"})
