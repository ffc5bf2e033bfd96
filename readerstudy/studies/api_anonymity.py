"""Anonymising a reader under /api/v1/."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies import serializers as s
from readerstudy.studies.api import DeskView
from readerstudy.studies.services.anonymity import anonymise_reader


class AnonymiseSerializer(serializers.Serializer):
    code = serializers.CharField(max_length=20, help_text="The reader's code once more: it cannot be undone.")
    keeps_profile = serializers.BooleanField(
        default=False, help_text="Keep years of experience and genetics training, for results by experience."
    )


class AnonymiseReader(DeskView):
    @extend_schema(request=AnonymiseSerializer, responses=s.ReaderSerializer)
    def post(self, request: Request, pk: int, reader_pk: int) -> Response:
        """Sever a reader from name, address and account for good, once the study is closed or the reader has left."""
        reader = get_object_or_404(self.study(pk).readers, pk=reader_pk)
        made = anonymise_reader(reader=reader, by=request.user, **self.given(AnonymiseSerializer))
        return Response(s.ReaderSerializer(made).data)
