"""Every operating point of a comparison's model at a prevalence, for scripts."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from screening.analysis.explorer import at, calibration, points
from screening.api import comparison_of
from screening.explorer import calibrated_of, prevalence_of


class ExplorerSerializer(serializers.Serializer):
    """``columns`` of both hold one entry an operating point, thresholds ascending; "inf" where there is no bound."""

    points = serializers.DictField()
    at = serializers.DictField()
    calibration = serializers.DictField()


class Explorer(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("one_in", float, description="prevalence: one child in so many; 1000 if left out")
        ],
        responses=ExplorerSerializer,
        summary="The model at every threshold, carried over to a prevalence; decision curve and calibration",
    )
    def get(self, request: Request, pk: int) -> Response:
        found = comparison_of(request, pk)
        try:
            one_in = prevalence_of(request.query_params.get("one_in"))
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        probability = calibrated_of(found)
        body: dict[str, Any] = {
            "points": points(found.result),
            "at": at(found.result, probability, one_in=one_in),
            "calibration": calibration(found.result, probability),
        }
        return Response(body)
