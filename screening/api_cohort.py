"""Table 1 and matched controls of a cohort for scripts. The same rules and refusals as the pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohort_for
from readerstudy.studies.models import Cohort
from readerstudy.studies.selectors.cohorts import may_coordinate
from readerstudy.studies.services import matching
from screening.cohort_table import table_one_of


class GroupTestSerializer(serializers.Serializer):
    test = serializers.CharField()
    symbol = serializers.CharField()
    statistic = serializers.FloatField(allow_null=True)
    df = serializers.FloatField(allow_null=True)
    p_value = serializers.FloatField(allow_null=True)


class TableOneSerializer(serializers.Serializer):
    groups = serializers.ListField(child=serializers.DictField(), help_text="GS, then controls")
    sex_test = GroupTestSerializer(allow_null=True)
    age_tests = GroupTestSerializer(many=True)
    diagnoses = serializers.ListField(child=serializers.DictField())
    unstated = serializers.IntegerField(help_text="left out: no stated truth")
    withdrawn = serializers.IntegerField(help_text="left out: consent was withdrawn")


class CaliperSerializer(serializers.Serializer):
    caliper = serializers.FloatField(
        default=matching.CALIPER_MONTHS, min_value=0, max_value=matching.WIDEST_MONTHS, help_text="months"
    )


class MatchedStudySerializer(CaliperSerializer):
    name = serializers.CharField(max_length=120)


class MatchedPairSerializer(serializers.Serializer):
    gs = serializers.CharField(source="gs.subject.code")
    control = serializers.CharField(source="control.subject.code")
    gs_photo = serializers.IntegerField(source="gs.pk")
    control_photo = serializers.IntegerField(source="control.pk")
    months = serializers.FloatField(help_text="age of the GS minus age of the control")


class SideSerializer(serializers.Serializer):
    n = serializers.IntegerField()
    girls = serializers.IntegerField()
    age_mean = serializers.FloatField(allow_null=True)
    age_sd = serializers.FloatField(allow_null=True)


class BalanceSerializer(serializers.Serializer):
    gs = SideSerializer()
    controls = SideSerializer()
    age_difference = serializers.FloatField(allow_null=True, help_text="standardised")
    girls_difference = serializers.FloatField(allow_null=True, help_text="standardised")


class ProposalSerializer(serializers.Serializer):
    caliper = serializers.FloatField()
    pairs = MatchedPairSerializer(many=True)
    unmatched = serializers.SerializerMethodField()
    before = BalanceSerializer()
    after = BalanceSerializer()

    def get_unmatched(self, proposal: matching.Proposal) -> list[dict[str, str]]:
        return [{"gs": photo.subject.code, "why": why} for photo, why in proposal.unmatched]


class MadeSerializer(serializers.Serializer):
    study = serializers.IntegerField()


def _cohort(request: Request, pk: int) -> Cohort:
    return cohort_for(request.user, pk, COORDINATOR, INVESTIGATOR)


def _given(serializer: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    return checked.validated_data


class TableOne(APIView):
    @extend_schema(responses=TableOneSerializer, summary="Table 1: the groups of a cohort and whether they differ")
    def get(self, request: Request, cohort: int) -> Response:
        return Response(TableOneSerializer(table_one_of(_cohort(request, cohort))).data)


class Matches(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("caliper", float, description="months")],
        responses=ProposalSerializer,
        summary="Controls matched to the GS by sex and age",
    )
    def get(self, request: Request, cohort: int) -> Response:
        found = _cohort(request, cohort)
        try:
            proposal = matching.propose_matches(cohort=found, **_given(CaliperSerializer, request.query_params))
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        return Response(ProposalSerializer(proposal).data)

    @extend_schema(
        request=MatchedStudySerializer, responses={201: MadeSerializer}, summary="Make a draft study of the pairs"
    )
    def post(self, request: Request, cohort: int) -> Response:
        found = _cohort(request, cohort)
        if not (may_coordinate(request.user, found) and request.user.may_coordinate):
            raise PermissionDenied(_("Only coordinators of this cohort make studies."))
        given = _given(MatchedStudySerializer, request.data)
        try:
            study = matching.study_of_matches(cohort=found, by=request.user, **given)
        except Refused as refusal:
            return Response({"detail": refusal.message}, status=refusal.status)
        return Response({"study": study.pk}, status=status.HTTP_201_CREATED)
