"""The import door for scripts: the same rules as the page and the command."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort
from screening.imports import services
from screening.imports.content import Reading
from screening.imports.files import MOST_BYTES, MOST_FILES, File, FilesRefused
from screening.imports.services import NAME, Wishes
from screening.models import StudyImport


class ImportWishSerializer(serializers.Serializer):
    """A study in its files, and what they do not say themselves."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), max_length=MOST_FILES)
    name = serializers.CharField(max_length=NAME)
    kind = serializers.ChoiceField(choices=Cohort.Kind.choices, help_text="whose faces these were")
    description = serializers.CharField(default="", allow_blank=True, max_length=2000)
    threshold = serializers.FloatField(default=None, allow_null=True, min_value=0, max_value=1)
    gs_from = serializers.FloatField(default=None, allow_null=True, help_text="GS from this rating on")
    unaided = serializers.CharField(default="", allow_blank=True, max_length=40)
    aided = serializers.CharField(default="", allow_blank=True, max_length=40)
    check_only = serializers.BooleanField(default=False, help_text="say what the files hold and store nothing")

    def validate_files(self, files: list[Any]) -> list[File]:
        if any(file.size > MOST_BYTES for file in files):
            raise serializers.ValidationError(_("A file is larger than %(mb)d MB.") % {"mb": MOST_BYTES // 2**20})
        return [File(name=file.name[:255], data=file.read()) for file in files]


class ImportedSerializer(serializers.Serializer):
    """``study`` and ``run`` are empty where nothing was stored."""

    study = serializers.IntegerField(allow_null=True)
    run = serializers.IntegerField(allow_null=True)
    found = serializers.DictField()


class Imports(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": ImportWishSerializer},
        responses={200: ImportedSerializer, 201: ImportedSerializer},
        summary="Import a study from its files: 201 when stored now, 200 when the same files were stored already",
    )
    def post(self, request: Request) -> Response:
        if not services.may_import(request.user):
            raise PermissionDenied(_("Studies are imported by investigators and coordinators."))
        wish = ImportWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        told = dict(wish.validated_data)
        try:
            reading = Reading(**{name: told[name] for name in ("threshold", "gs_from", "unaided", "aided")})
            wishes = Wishes(name=told["name"], kind=told["kind"], description=told["description"], reading=reading)
            return _answer(request, told["files"], wishes, is_check=told["check_only"])
        except FilesRefused as refusal:
            return Response({"detail": refusal.problems[0], "problems": refusal.problems}, status=refusal.status)
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)


def _answer(request: Request, files: list[File], wishes: Wishes, *, is_check: bool) -> Response:
    content, before = services.check_files(files=files, wishes=wishes, by=request.user)
    if is_check or before:
        return Response(_told(before, content.summary()))
    made = services.import_study(files=files, wishes=wishes, by=request.user)
    return Response(_told(made, made.found), status=status.HTTP_201_CREATED)


def _told(made: StudyImport | None, found: dict[str, Any]) -> dict[str, Any]:
    return {"study": made and made.study_id, "run": made and made.run_id, "found": found}
