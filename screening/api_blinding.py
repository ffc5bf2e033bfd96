"""Opening results early, for scripts. The same rules and refusals as the page."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, study_for
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.blinding import results_wait, unblinding_of
from readerstudy.studies.services.blinding import LONGEST, unblind_study


class UnblindSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=LONGEST)
    sure = serializers.BooleanField(help_text="true: this cannot be undone")


class BlindingSerializer(serializers.Serializer):
    results_wait = serializers.BooleanField()
    unblinded_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class Blinding(APIView):
    @extend_schema(responses=BlindingSerializer, summary="Whether the results of a study can be seen yet")
    def get(self, request: Request, study: int) -> Response:
        return Response(_state(study_for(request.user, study, INVESTIGATOR)))

    @extend_schema(
        request=UnblindSerializer,
        responses=BlindingSerializer,
        summary="Open the results before the reading is closed: for a reason, once and for good",
    )
    def post(self, request: Request, study: int) -> Response:
        found = study_for(request.user, study, INVESTIGATOR)
        wish = UnblindSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        if not wish.validated_data["sure"]:
            raise serializers.ValidationError({"detail": _("Say that you are sure: it cannot be undone.")})
        try:
            unblind_study(study=found, by=request.user, reason=wish.validated_data["reason"])
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        return Response(_state(found))


def _state(study: Study) -> dict[str, object]:
    early = unblinding_of(study)
    found = {
        "results_wait": results_wait(study),
        "unblinded_at": early and early.at,
        "reason": early.reason if early else "",
    }
    return BlindingSerializer(found).data
