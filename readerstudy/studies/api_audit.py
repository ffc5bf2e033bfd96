"""The audit trail of a study under /api/v1/."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import Names, by_actor, events_about
from readerstudy.audit.services import verify_chain
from readerstudy.studies.api import DeskView
from readerstudy.studies.api_pages import Filter, listed, paged, parameters
from readerstudy.studies.selectors.audit import targets_of
from readerstudy.studies.views.monitor import audit_file

FILTERS = (Filter(name="action"), Filter(name="actor", finds=by_actor, says="part of an address, a name or a code"))


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
    @extend_schema(parameters=parameters(*FILTERS), responses=paged("AuditPage", EventSerializer))
    def get(self, request: Request, pk: int) -> Response:
        """Everything done to the study and to its cohort, newest first, in pages."""
        return listed(events_about(*targets_of(self.study(pk))), request, EventSerializer, *FILTERS)


class CheckAudit(DeskView):
    @extend_schema(request=None, responses=ChainSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Walk the whole log from its first entry."""
        self.study(pk)
        broken = verify_chain()
        return Response({"is_intact": broken is None, "broken_at": broken})


class AskedSerializer(serializers.Serializer):
    action = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    actor = serializers.CharField(required=False, allow_blank=True, default="", max_length=254)


class ExportAudit(DeskView):
    @extend_schema(request=AskedSerializer, responses={(200, "text/csv"): OpenApiTypes.STR})
    def post(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The entries as CSV; the export is an entry itself."""
        study, asked = self.study(pk), self.given(AskedSerializer)
        return audit_file(study, by=request.user, **asked)
