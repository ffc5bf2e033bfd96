"""Searches for scripts: declare a grid, follow it, cancel it, and make the run of what it chose."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohort_for
from readerstudy.studies.api_pages import listed, paged, parameters
from training.access import enter_desk
from training.api import FILTERS
from training.presets import recipe_values
from training.search import create, ends, page, results
from training.search.access import search_for
from training.search.choice import RULES
from training.search.grid import read_axes
from training.search.models import Search

REFUSED = OpenApiResponse(description="Refused; `detail` says why.")


class SearchSerializer(serializers.ModelSerializer):
    class Meta:
        model = Search
        fields = ["id", "name", "cohort", "state", "problem", "recipe", "axes", "seed", "weights_name", "versions",
                  "created_at", "finished_at"]  # fmt: skip
        read_only_fields = fields


class SearchDetailSerializer(SearchSerializer):
    measure = serializers.SerializerMethodField(help_text="What the recipes are judged by: val_auc or val_loss.")
    recipes = serializers.SerializerMethodField(help_text="Each point of the grid with its validation results by fold.")
    chosen = serializers.SerializerMethodField(help_text="What each rule chooses; empty before all is trained.")

    class Meta(SearchSerializer.Meta):
        fields = [*SearchSerializer.Meta.fields, "measure", "recipes", "chosen"]
        read_only_fields = fields

    def get_measure(self, search: Search) -> str:
        return results.measure_of(search)

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_recipes(self, search: Search) -> list[dict[str, Any]]:
        grid = results.grid_of(search)
        rows = results.rows(search, list(search.trials.all()))
        return [
            {"point": row.point, "changes": grid[row.point], "folds": row.folds, "mean": row.mean, "se": row.se}
            for row in rows
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_chosen(self, search: Search) -> list[dict[str, Any]]:
        return [
            {
                "rule": choice.rule,
                "says": choice.says,
                "point": choice.chosen.point,
                "mean": choice.chosen.mean,
                "se": choice.chosen.se,
                "chosen_without_the_judging_fold": choice.chosen.without_own_fold,
            }
            for choice in page.search_page(search)["choices"]
        ]


class NewSearchSerializer(serializers.Serializer):
    cohort = serializers.IntegerField()
    name = serializers.CharField(max_length=120)
    preset = serializers.CharField(default="demo", help_text="The base recipe.")
    recipe = serializers.DictField(required=False, help_text="Single choices of the base that differ from the preset.")
    axes = serializers.DictField(child=serializers.ListField(), help_text="Choice -> the values to try.")
    weights_name = serializers.CharField(required=False, allow_blank=True, help_text="Empty: random start.")


class NewRunOfSearchSerializer(serializers.Serializer):
    rule = serializers.ChoiceField(list(RULES), default="best")
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)


def _refused(refusal: Refused) -> Response:
    return Response({"detail": refusal.message}, status=refusal.status)


class Searches(APIView):
    @extend_schema(
        operation_id="searches_list", parameters=parameters(*FILTERS), responses=paged("SearchPage", SearchSerializer)
    )
    def get(self, request: Request) -> Response:
        enter_desk(request.user)
        return listed(results.searches_for(request.user), request, SearchSerializer, *FILTERS)

    @extend_schema(request=NewSearchSerializer, responses={201: SearchSerializer, 400: REFUSED})
    def post(self, request: Request) -> Response:
        wanted = NewSearchSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        cohort = cohort_for(request.user, values["cohort"], INVESTIGATOR)
        try:
            search = create.create_search(
                cohort=cohort,
                name=values["name"],
                recipe=recipe_values(values["preset"], values.get("recipe", {})),
                axes=read_axes(list(values["axes"].items())),
                weights_name=values.get("weights_name", ""),
                created_by=request.user,
            )
        except Refused as refusal:
            return _refused(refusal)
        return Response(SearchSerializer(search).data, status=status.HTTP_201_CREATED)


class OneSearch(APIView):
    @extend_schema(responses=SearchDetailSerializer, operation_id="searches_detail")
    def get(self, request: Request, pk: int) -> Response:
        response = Response(SearchDetailSerializer(search_for(request.user, pk)).data)
        response["Cache-Control"] = "no-store"
        return response


class CancelSearch(APIView):
    @extend_schema(request=None, responses={200: SearchSerializer, 409: REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        search = search_for(request.user, pk)
        if not ends.cancel_search(search=search, by=request.user):
            return Response({"detail": _("The search had already come to its end.")}, status=status.HTTP_409_CONFLICT)
        search.refresh_from_db()
        return Response(SearchSerializer(search).data)


class RunOfSearch(APIView):
    @extend_schema(
        request=NewRunOfSearchSerializer,
        responses={201: OpenApiResponse(description="`run`: its number."), 400: REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        search = search_for(request.user, pk)
        wanted = NewRunOfSearchSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            run = create.make_run(search=search, created_by=request.user, **wanted.validated_data)
        except Refused as refusal:
            return _refused(refusal)
        return Response({"run": run.pk}, status=status.HTTP_201_CREATED)
