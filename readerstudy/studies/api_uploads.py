"""Many single photos under /api/v1/, in as many requests as it takes: begin, send, ask what has arrived, complete."""

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.refusal import Refused
from readerstudy.studies.api_cohorts import BatchSerializer, CohortView
from readerstudy.studies.models import ImportBatch
from readerstudy.studies.selectors.cohorts import batch_state
from readerstudy.studies.services import uploads


class NewUploadSerializer(serializers.Serializer):
    manifest = serializers.FileField(help_text="a CSV file: subject_id, file, label ...")
    n_files = serializers.IntegerField(min_value=1, help_text="how many photos will be sent")


class BegunUploadSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    n_files = serializers.IntegerField()
    files_url = serializers.CharField(help_text="POST photos here; GET what has arrived")
    complete_url = serializers.CharField()
    page = serializers.CharField(help_text="the page of the import")


class FilesSerializer(serializers.Serializer):
    file = serializers.ListField(child=serializers.FileField(allow_empty_file=True, max_length=None), allow_empty=False)
    path = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False),
        required=False,
        help_text="for each file its name in the folder, as the manifest names it; the file's own name if left out",
    )


class ArrivedSerializer(serializers.Serializer):
    name = serializers.CharField()
    size = serializers.IntegerField()


class CountSerializer(serializers.Serializer):
    n_arrived = serializers.IntegerField()


class CompleteSerializer(serializers.Serializer):
    dry_run = serializers.BooleanField(default=True, help_text="false: store at once what passes the check")


def upload_state(batch: ImportBatch) -> dict[str, Any]:
    pks = [batch.cohort_id, batch.pk]
    return {
        "id": batch.pk,
        "n_files": batch.total,
        "files_url": reverse("studies_api:upload_files", args=pks),
        "complete_url": reverse("studies_api:upload_complete", args=pks),
        "page": reverse("studies:import_report", args=pks),
    }


class Uploads(CohortView):
    """Begin an upload with its manifest, which is refused here and now where it cannot be read."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": NewUploadSerializer}, responses={201: BegunUploadSerializer})
    def post(self, request: Request, pk: int) -> Response:
        cohort = self.cohort(pk)
        batch = uploads.begin_upload(cohort=cohort, created_by=request.user, **self.given(NewUploadSerializer))
        return Response(upload_state(batch), status=status.HTTP_201_CREATED)


class UploadView(CohortView):
    def batch(self, pk: int, batch_pk: int) -> ImportBatch:
        return get_object_or_404(ImportBatch, pk=batch_pk, cohort=self.cohort(pk))


class UploadFiles(UploadView):
    """Send up to 90 photos a request. After a lost connection ask what has arrived and send the rest."""

    parser_classes = [MultiPartParser]

    @extend_schema(responses=ArrivedSerializer(many=True))
    def get(self, request: Request, pk: int, batch_pk: int) -> Response:
        arrived = uploads.uploaded_files(batch=self.batch(pk, batch_pk))
        return Response([{"name": file.name, "size": file.size} for file in arrived])

    @extend_schema(request={"multipart/form-data": FilesSerializer}, responses=CountSerializer)
    def post(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = self.batch(pk, batch_pk)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_MB * 1_000_000:
            raise Refused(
                _("A request may hold %(upload_max_mb)s MB: send fewer photos at once.")
                % {"upload_max_mb": settings.UPLOAD_MAX_MB},
                status=413,
            )
        files = request.FILES.getlist("file")
        paths = request.POST.getlist("path") or [file.name for file in files]
        if not files or len(paths) != len(files):
            raise Refused(
                _("%(count)s files came with %(count2)s paths: send one path for each file.")
                % {"count": len(files), "count2": len(paths)}
            )
        n = uploads.add_files(batch=batch, files=list(zip(paths, files, strict=True)))
        return Response({"n_arrived": n})


class UploadComplete(UploadView):
    parser_classes = [JSONParser]  # in a form, a switch that is left out would mean no

    @extend_schema(request=CompleteSerializer, responses={202: BatchSerializer})
    def post(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = self.batch(pk, batch_pk)
        is_checked_first = self.given(CompleteSerializer)["dry_run"]
        uploads.complete_upload(batch=batch, by=request.user, is_checked_first=is_checked_first)
        return Response(batch_state(batch), status=status.HTTP_202_ACCEPTED)
