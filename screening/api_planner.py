"""The sample-size planner for scripts: fractions in, fractions out. The same numbers and refusals as the page."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, study_for
from screening import planner
from screening.pilots import learn, sources
from screening.statistics import Pilot
from screening.views_planner import chosen_measure, chosen_source, enter_planner


class PlanWishSerializer(serializers.Serializer):
    """What is planned. Everything but the components has a default."""

    measure = serializers.ChoiceField(choices=list(planner.MEASURES), default="sensitivity")
    effect = serializers.FloatField(default=0.05, min_value=0.001, max_value=0.5, help_text="true difference")
    target = serializers.FloatField(default=0.8, min_value=0.1, max_value=0.999, help_text="wanted power")
    alpha = serializers.FloatField(default=0.05, min_value=0.0001, max_value=0.5)
    analysis = serializers.ChoiceField(choices=list(planner.ANALYSES), default="RRRC")
    readers = serializers.IntegerField(default=5, min_value=2, max_value=planner.MOST_READERS)
    cases = serializers.IntegerField(default=200, min_value=10, max_value=planner.MOST_CASES)
    share = serializers.FloatField(default=0.5, min_value=0.01, max_value=0.99, help_text="of cases with a syndrome")


class TypedPlanSerializer(PlanWishSerializer):
    """With the components of a pilot, as printed by any OR analysis; no variance of a rate is larger than 1."""

    var_tr = serializers.FloatField(min_value=-1, max_value=1)
    var = serializers.FloatField(min_value=0, max_value=1)
    cov1 = serializers.FloatField(min_value=-1, max_value=1)
    cov2 = serializers.FloatField(min_value=-1, max_value=1)
    cov3 = serializers.FloatField(min_value=-1, max_value=1)
    pilot_cases = serializers.IntegerField(min_value=2, max_value=planner.MOST_CASES)


class StudyPlanSerializer(PlanWishSerializer):
    """From the study itself; readers, cases and share are the pilot's unless given."""

    pilot = serializers.CharField(default="", allow_blank=True, help_text="one of the keys in ``pilots``")
    readers = serializers.IntegerField(required=False, min_value=2, max_value=planner.MOST_READERS)
    cases = serializers.IntegerField(required=False, min_value=10, max_value=planner.MOST_CASES)
    share = serializers.FloatField(required=False, min_value=0.01, max_value=0.99)


class PlanRowSerializer(serializers.Serializer):
    readers = serializers.IntegerField()
    cases = serializers.IntegerField(allow_null=True, help_text="null: no number of cases is enough")
    with_syndrome = serializers.IntegerField(allow_null=True)
    power_as_planned = serializers.FloatField()
    most_power = serializers.FloatField()
    is_planned = serializers.BooleanField()


class PlanSerializer(serializers.Serializer):
    wish = serializers.DictField()
    power = serializers.FloatField()
    df = serializers.FloatField(allow_null=True)
    cases_with_syndrome = serializers.IntegerField()
    cases_needed = serializers.IntegerField(allow_null=True)
    most_power_with_these_readers = serializers.FloatField()
    readers_needed = serializers.IntegerField(allow_null=True)
    cases_needed_without_each_reader = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    table = PlanRowSerializer(many=True)
    words = serializers.ListField(child=serializers.CharField())


class StudyPlanAnswerSerializer(PlanSerializer):
    pilots = serializers.ListField(child=serializers.DictField(), help_text="what this study can be planned from")
    pilot = serializers.CharField()
    difference_in_pilot = serializers.FloatField()
    cautions = serializers.ListField(child=serializers.CharField())


class Planner(APIView):
    @extend_schema(
        parameters=[TypedPlanSerializer],
        responses=PlanSerializer,
        summary="Power, and the fewest cases for each number of readers, from typed variance components",
    )
    def get(self, request: Request) -> Response:
        enter_planner(request.user)
        given = _valid(TypedPlanSerializer, request)
        names = planner.COMPONENTS
        pilot = Pilot(**{name: given.pop(name) for name in names}, cases=given.pop("pilot_cases"))
        try:
            return Response(planner.to_dict(planner.plan(planner.Wish(pilot=pilot, **given))))
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)


class StudyPlanner(APIView):
    @extend_schema(
        parameters=[StudyPlanSerializer],
        responses=StudyPlanAnswerSerializer,
        summary="The same with the components of one of the study's own results",
    )
    def get(self, request: Request, study: int) -> Response:
        found = study_for(request.user, study, INVESTIGATOR)
        given = _valid(StudyPlanSerializer, request)
        known = sources(found)
        source = chosen_source(known, given.pop("pilot"))
        try:
            if source is None:
                raise Refused(
                    _("This study has no pilot yet: make a comparison first, or send the components yourself.")
                )
            learned = learn(found, source, chosen_measure(given["measure"]))
            own = {
                "readers": learned.study.n_readers,
                "cases": learned.study.n_cases,
                "share": learned.share,
            }
            wish = planner.Wish(pilot=learned.study.pilot, **own | given)
            plan = planner.plan(wish, without_each_reader=learned.study.without_each_reader)
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        more = {
            "pilots": [{"key": one.key, "label": one.label} for one in known],
            "pilot": source.key,
            "difference_in_pilot": learned.study.difference,
            "cautions": list(learned.cautions),
        }
        return Response(planner.to_dict(plan) | more)


def _valid(kind: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    checked = kind(data=request.query_params)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
