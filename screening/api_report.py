"""The report and the bundle of a comparison for scripts. The same rules as the page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from screening import selectors
from screening.models import Comparison
from screening.report.languages import offered
from screening.views_report import FILES, as_file


class ReportFile(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=sorted(FILES)),
            OpenApiParameter(
                "language",
                str,
                enum=[code for code, name in offered()],
                description="of the report; without it that of Accept-Language",
            ),
        ],
        responses={(200, media.partition(";")[0]): OpenApiTypes.BINARY for media, _ in FILES.values()},
        summary="The report as one HTML file or PDF, or the ZIP that reproduces its numbers",
    )
    def get(self, request: Request, pk: int, kind: str) -> HttpResponse:
        study = get_object_or_404(Comparison.objects.values_list("study", flat=True), pk=pk)
        return as_file(request, selectors.comparison_for(request.user, study, pk), kind)
