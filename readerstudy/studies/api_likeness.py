"""Photos that look the same, and the decisions about them, under /api/v1/."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.api_cohorts import CohortView
from readerstudy.studies.api_pages import listed, paged, parameters
from readerstudy.studies.selectors.likeness import alike_pairs
from readerstudy.studies.services.likeness import decide_resemblance


class LookalikesSerializer(serializers.Serializer):
    one = serializers.IntegerField(source="first.subject_id", help_text="a subject")
    one_code = serializers.CharField(source="first.subject.code")
    one_photo = serializers.IntegerField(source="first.pk")
    other = serializers.IntegerField(source="second.subject_id", help_text="another subject")
    other_code = serializers.CharField(source="second.subject.code")
    other_photo = serializers.IntegerField(source="second.pk")
    bits = serializers.IntegerField(help_text="of 256 that differ")
    is_same_child = serializers.BooleanField(
        source="decision.is_same_child", default=None, allow_null=True, help_text="null: not decided"
    )


class ResemblanceSerializer(serializers.Serializer):
    one = serializers.IntegerField()
    other = serializers.IntegerField()
    is_same_child = serializers.BooleanField()


class Likeness(CohortView):
    """Subjects whose photos look the same; POST says whether two of them are one child."""

    @extend_schema(parameters=parameters(), responses=paged("LikenessPage", LookalikesSerializer))
    def get(self, request: Request, pk: int) -> Response:
        pairs = list(alike_pairs(self.cohort(pk, COORDINATOR, INVESTIGATOR)))
        return listed(pairs, request, LookalikesSerializer)

    @extend_schema(request=ResemblanceSerializer, responses=ResemblanceSerializer)
    def post(self, request: Request, pk: int) -> Response:
        subjects = self.cohort(pk).subjects
        said = self.given(ResemblanceSerializer)
        one, other = (get_object_or_404(subjects, pk=said[name]) for name in ("one", "other"))
        decide_resemblance(one=one, other=other, is_same_child=said["is_same_child"], by=request.user)
        return Response(said)
