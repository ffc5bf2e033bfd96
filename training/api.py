"""Runs for scripts, and the live progress of the run's page."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohort_for
from readerstudy.studies.api_pages import Filter, listed, paged, parameters, search
from training import selectors, services
from training.access import enter_desk, run_for
from training.models import State, TrainingRun
from training.presets import CATALOGUE, recipe_values

REFUSED = OpenApiResponse(description="Refused; `detail` says why.")


FILTERS = (
    Filter(name="state", choices=State.values),
    Filter(name="cohort", looks_at=["cohort_id"], kind=int),
    search("name__icontains"),
)


class RunSerializer(serializers.ModelSerializer):
    cohort_name = serializers.CharField(source="cohort.name", read_only=True)
    network = serializers.SerializerMethodField(help_text="Which network it is, in one sentence.")

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "name",
            "cohort",
            "cohort_name",
            "state",
            "problem",
            "kind",
            "source",
            "network",
            "recipe",
            "seed",
            "weights_name",
            "weights_sha256",
            "versions",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_network(self, run: TrainingRun) -> str:
        return selectors.network_of(run)


class RunDetailSerializer(RunSerializer):
    progress = serializers.SerializerMethodField()
    metrics = serializers.SerializerMethodField(help_text="Per metric: value of each fold, mean, SD (n - 1).")

    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "progress", "metrics"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_progress(self, run: TrainingRun) -> dict[str, Any]:
        return selectors.progress(run)

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_metrics(self, run: TrainingRun) -> list[dict[str, Any]]:
        return selectors.metric_rows(run)


class NewRunSerializer(serializers.Serializer):
    cohort = serializers.IntegerField()
    name = serializers.CharField(max_length=120)
    preset = serializers.ChoiceField([preset.name for preset in CATALOGUE], default="demo")
    recipe = serializers.DictField(required=False, help_text="Single choices that differ from the preset.")
    source = serializers.IntegerField(
        required=False, allow_null=True, help_text="Number of the finished run whose folds another model is to have."
    )
    weights_name = serializers.CharField(required=False, allow_blank=True, help_text="Empty: random start.")


class Runs(APIView):
    @extend_schema(operation_id="runs_list", parameters=parameters(*FILTERS), responses=paged("RunPage", RunSerializer))
    def get(self, request: Request) -> Response:
        enter_desk(request.user)
        return listed(selectors.runs_for(request.user), request, RunSerializer, *FILTERS)

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer, 400: REFUSED})
    def post(self, request: Request) -> Response:
        wanted = NewRunSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        cohort = cohort_for(request.user, values["cohort"], INVESTIGATOR)
        try:
            run = services.create_run(
                cohort=cohort,
                name=values["name"],
                recipe=recipe_values(values["preset"], values.get("recipe", {})),
                weights_name=values.get("weights_name", ""),
                source=run_for(request.user, values["source"]) if values.get("source") else None,
                created_by=request.user,
            )
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


class Run(APIView):
    @extend_schema(responses=RunDetailSerializer, operation_id="runs_detail")
    def get(self, request: Request, pk: int) -> Response:
        response = Response(RunDetailSerializer(run_for(request.user, pk)).data)
        response["Cache-Control"] = "no-store"
        return response


class CancelRun(APIView):
    @extend_schema(request=None, responses={200: RunDetailSerializer, 409: REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        run = run_for(request.user, pk)
        if not services.cancel_run(run=run, by=request.user):
            return Response({"detail": _("The run had already come to its end.")}, status=status.HTTP_409_CONFLICT)
        run.refresh_from_db()
        return Response(RunDetailSerializer(run).data)
