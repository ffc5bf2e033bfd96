"""Phenopackets for scripts: the cohort's own as a ZIP, and a manifest made of others."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.api_cohorts import CohortView
from readerstudy.studies.views.phenopackets import reading_of, zip_of


class PacketsSerializer(serializers.Serializer):
    packets = serializers.FileField(help_text="one JSON file or a ZIP of them, schema version 2")


class ManifestSerializer(serializers.Serializer):
    subjects = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.CharField(), help_text="packets that became no row")
    gaps = serializers.ListField(child=serializers.CharField(), help_text="what has to be filled in before the import")
    manifest = serializers.CharField(help_text="CSV")


class Phenopackets(CohortView):
    parser_classes = [MultiPartParser]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, summary="One phenopacket a subject, ZIP")
    def get(self, request: Request, pk: int) -> FileResponse:
        return zip_of(request, self.cohort(pk, COORDINATOR, INVESTIGATOR))

    @extend_schema(
        request={"multipart/form-data": PacketsSerializer},
        responses=ManifestSerializer,
        summary="A manifest made of phenopackets; nothing is stored",
    )
    def post(self, request: Request, pk: int) -> Response:
        cohort = self.cohort(pk)
        found = reading_of(request, cohort, self.given(PacketsSerializer)["packets"])
        told = {"subjects": len(found.rows), "problems": found.problems, "gaps": found.gaps}
        return Response(told | {"manifest": found.manifest})
