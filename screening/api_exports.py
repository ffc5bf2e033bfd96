"""The files of a study for scripts: what there is, and the file itself. The same rules as the page."""

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from screening import selectors
from screening.downloads import DOWNLOADS, fetch
from screening.views_exports import as_file, chosen_run, download_or_404

RUN = OpenApiParameter("run", int, description="add the held-out scores of this finished run to the reads")


class FileSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    what = serializers.CharField()
    kind = serializers.CharField(help_text="media type")
    has_model = serializers.BooleanField(help_text="the parameter run adds columns")
    url = serializers.CharField()


class Files(APIView):
    @extend_schema(responses=FileSerializer(many=True), summary="The files of a study")
    def get(self, request: Request, study: int) -> Response:
        found = selectors.study_to_export(request.user, study)
        rows = [
            {
                "name": download.name,
                "title": str(download.title),
                "what": str(download.what),
                "kind": download.kind,
                "has_model": download.has_model,
                "url": request.build_absolute_uri(reverse("screening_api:file", args=[found.pk, download.name])),
            }
            for download in DOWNLOADS.values()
        ]
        return Response(rows)


class File(APIView):
    @extend_schema(
        parameters=[RUN, OpenApiParameter("name", str, OpenApiParameter.PATH, enum=sorted(DOWNLOADS))],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        summary="One file of a study, streamed",
    )
    def get(self, request: Request, study: int, name: str) -> Response | StreamingHttpResponse:
        found = selectors.study_to_export(request.user, study)
        download = download_or_404(name)
        run = chosen_run(found, request.query_params.get("run", ""))
        try:
            return as_file(found, download, fetch(download=download, study=found, run=run, by=request.user))
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
