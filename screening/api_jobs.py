"""A comparison that a worker makes: how far it is, which one it became, and how to stop it."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from screening import jobs, selectors
from screening.models import ComparisonJob


class JobSerializer(serializers.ModelSerializer):
    """``comparison`` is null until ``state`` is "finished"; ``problem`` says why it failed."""

    class Meta:
        model = ComparisonJob
        fields = ["id", "study", "run", "options", "state", "share", "step", "problem", "comparison", "created_at"]
        read_only_fields = fields


class Job(APIView):
    @extend_schema(responses=JobSerializer, summary="How far a large comparison is, and which one it became")
    def get(self, request: Request, pk: int) -> Response:
        return Response(JobSerializer(_job(request, pk)).data)


class CancelJob(APIView):
    @extend_schema(request=None, responses=JobSerializer, summary="Stop it; one that has ended stays as it is")
    def post(self, request: Request, pk: int) -> Response:
        found = _job(request, pk)
        jobs.cancel(job=found, by=request.user)
        found.refresh_from_db()
        return Response(JobSerializer(found).data)


def _job(request: Request, pk: int) -> ComparisonJob:
    study = get_object_or_404(ComparisonJob.objects.values_list("study", flat=True), pk=pk)
    return selectors.job_for(request.user, study, pk)
