"""Comparisons for scripts: make one, read it, fetch its data. The same rules and refusals as the pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, studies_of, study_for
from readerstudy.studies.api_pages import Filter, listed, paged, parameters
from readerstudy.studies.selectors.blinding import waiting_studies
from screening import jobs, selectors
from screening.analysis.options import DEFAULT_SEED, Options
from screening.api_jobs import JobSerializer
from screening.models import Comparison, ComparisonJob
from training.models import TrainingRun

FILTERS = (Filter(name="study", looks_at=["study_id"], kind=int), Filter(name="run", looks_at=["run_id"], kind=int))


class WishSerializer(serializers.Serializer):
    """What to compare, and how."""

    study = serializers.IntegerField()
    run = serializers.IntegerField()
    replicates = serializers.IntegerField(default=2000, help_text="200, 2000 or 10000")
    level = serializers.FloatField(default=0.95, help_text="0.9, 0.95 or 0.99")
    by = serializers.ChoiceField(choices=["specificity", "sensitivity"], default="specificity")
    seed = serializers.IntegerField(default=DEFAULT_SEED, min_value=0)
    without_flagged = serializers.BooleanField(default=False, help_text="leave out calls after a flagged exposure")
    margin = serializers.FloatField(default=None, allow_null=True, help_text="non-inferiority margin as a fraction")


class HeadSerializer(serializers.ModelSerializer):
    """A comparison without its numbers."""

    created_by = serializers.CharField(source="created_by.name")

    class Meta:
        model = Comparison
        fields = ["id", "study", "run", "fingerprint", "options", "created_by", "created_at"]


class ComparisonSerializer(HeadSerializer):
    """With the numbers, but without the rows behind them (those are at ``data/``)."""

    result = serializers.SerializerMethodField()

    class Meta(HeadSerializer.Meta):
        fields = [*HeadSerializer.Meta.fields, "result"]

    def get_result(self, comparison: Comparison) -> dict[str, Any]:
        return {key: value for key, value in comparison.result.items() if key != "rows"}


class DataSerializer(serializers.Serializer):
    """One list entry a case; ``calls`` and its likes are lists of such lists, one a reader in ``readers``."""

    readers = serializers.ListField(child=serializers.CharField())
    rows = serializers.DictField()


class ComparisonList(APIView):
    @extend_schema(
        operation_id="comparisons_list",
        parameters=parameters(*FILTERS),
        responses=paged("ComparisonPage", HeadSerializer),
        summary="The comparisons of the studies in which you are an investigator and whose results are open",
    )
    def get(self, request: Request) -> Response:
        mine = studies_of(request.user, INVESTIGATOR).exclude(pk__in=waiting_studies().values("pk"))
        found = Comparison.objects.filter(study__in=mine)
        wanted = request.query_params.get("study", "")
        if wanted.isascii() and wanted.isdigit():
            study_for(request.user, int(wanted), INVESTIGATOR)  # refused here, where the list would just be empty
        found = found.select_related("created_by").defer("result").order_by("-created_at", "-id")
        return listed(found, request, HeadSerializer, *FILTERS)

    @extend_schema(
        request=WishSerializer,
        responses={200: ComparisonSerializer, 201: ComparisonSerializer, 202: JobSerializer},
        summary="Compare: 201 when made now, 200 when stored already, 202 when a worker has to make a large one",
    )
    def post(self, request: Request) -> Response:
        wish = WishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        values = dict(wish.validated_data)
        study = study_for(request.user, values.pop("study"), INVESTIGATOR)
        # Runs on other cohorts are none of this investigator's business: to them such a run does not exist.
        run = get_object_or_404(TrainingRun, pk=values.pop("run"), cohort=study.cohort_id)
        before = Comparison.objects.filter(study=study).count()
        try:
            made = jobs.ask(study=study, run=run, options=Options.from_dict(values), by=request.user)
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        if isinstance(made, ComparisonJob):
            return Response(JobSerializer(made).data, status=status.HTTP_202_ACCEPTED)
        is_new = Comparison.objects.filter(study=study).count() > before
        answer = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ComparisonSerializer(made).data, status=answer)


class ComparisonDetail(APIView):
    @extend_schema(responses=ComparisonSerializer, summary="One comparison with its numbers")
    def get(self, request: Request, pk: int) -> Response:
        return Response(ComparisonSerializer(comparison_of(request, pk)).data)


class ComparisonData(APIView):
    @extend_schema(
        responses=DataSerializer, summary="The rows behind the numbers: truth, scores and calls, case by case"
    )
    def get(self, request: Request, pk: int) -> Response:
        found = comparison_of(request, pk)
        codes = [reader["code"] for reader in found.result["readers"]]
        return Response({"readers": codes, "rows": found.result["rows"]})


def comparison_of(request: Request, pk: int) -> Comparison:
    study = get_object_or_404(Comparison.objects.values_list("study", flat=True), pk=pk)
    return selectors.comparison_for(request.user, study, pk)
