"""The model's output for aided reading, for scripts: how far it is, and freezing it."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, study_for
from screening.aids import aid_state, prepare_aids
from training.models import TrainingRun


class AidsWishSerializer(serializers.Serializer):
    run = serializers.IntegerField()


class AidStateSerializer(serializers.Serializer):
    """How many faces there are to read, and for how many the output is frozen."""

    cases = serializers.IntegerField()
    prepared = serializers.IntegerField()
    calibrated = serializers.IntegerField()
    with_heat_map = serializers.IntegerField()
    label = serializers.CharField()
    made_at = serializers.DateTimeField(allow_null=True)
    has_begun = serializers.BooleanField()


class Aids(APIView):
    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Refused):
            return Response({"detail": exc.message}, status=exc.status)
        return super().handle_exception(exc)

    @extend_schema(responses=AidStateSerializer, summary="How far the model's output for aided reading is")
    def get(self, request: Request, study: int) -> Response:
        return Response(AidStateSerializer(aid_state(study_for(request.user, study, INVESTIGATOR))).data)

    @extend_schema(
        request=AidsWishSerializer,
        responses=AidStateSerializer,
        summary="Freeze what a finished run said of every case; refused once aided reading has begun",
    )
    def post(self, request: Request, study: int) -> Response:
        found = study_for(request.user, study, INVESTIGATOR)
        wish = AidsWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        # Runs on other cohorts are none of this investigator's business: to them such a run does not exist.
        run = get_object_or_404(TrainingRun, pk=wish.validated_data["run"], cohort=found.cohort_id)
        return Response(AidStateSerializer(prepare_aids(study=found, run=run, by=request.user)).data)
