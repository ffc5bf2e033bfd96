"""The audit trail of a study under /api/v1/."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import Names, events_about
from readerstudy.audit.services import verify_chain
from readerstudy.studies.api import DeskView
from readerstudy.studies.selectors.audit import targets_of


class Pages(LimitOffsetPagination):
    default_limit = 100
    max_limit = 1000


class EventSerializer(serializers.ModelSerializer):
    who = serializers.SerializerMethodField(help_text="how the actor, a number in the log, is called today")

    class Meta:
        model = AuditEvent
        fields = ["id", "at", "actor", "who", "action", "target", "detail", "previous_digest", "digest"]

    def get_who(self, event: AuditEvent) -> str:
        return self.context.setdefault("names", Names())[event.actor]


class ChainSerializer(serializers.Serializer):
    is_intact = serializers.BooleanField()
    broken_at = serializers.IntegerField(allow_null=True, help_text="The first broken entry.")


class Audit(DeskView):
    @extend_schema(
        parameters=[
            OpenApiParameter("action", str),
            OpenApiParameter("actor", str),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=EventSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Everything done to the study and to its cohort, newest first, in pages."""
        study = self.study(pk)
        asked = {name: request.query_params.get(name, "") for name in ("action", "actor")}
        pages = Pages()
        page = pages.paginate_queryset(events_about(*targets_of(study), **asked), request, view=self)
        return pages.get_paginated_response(EventSerializer(page, many=True).data)


class CheckAudit(DeskView):
    @extend_schema(request=None, responses=ChainSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Walk the whole log from its first entry."""
        self.study(pk)
        broken = verify_chain()
        return Response({"is_intact": broken is None, "broken_at": broken})
