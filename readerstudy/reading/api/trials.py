"""The coordinator's trials for scripts: how each look went, and voiding one. No call, no truth."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.reading.models import Trial
from readerstudy.reading.services.voids import LONGEST_REASON, void_trial
from readerstudy.reading.trial_list import ONLY, lines_of, trials_of
from readerstudy.studies.api import DeskView
from readerstudy.studies.api_pages import PAGE, PAGE_SIZE, Page, paged


class TrialSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="trial.pk")
    session = serializers.IntegerField(source="trial.session_id")
    arm = serializers.CharField(source="trial.session.arm")
    occasion = serializers.IntegerField(source="trial.session.occasion")
    position = serializers.IntegerField(source="trial.position")
    case = serializers.IntegerField(source="trial.case.number")
    repetition = serializers.IntegerField(source="trial.repetition")
    is_represented = serializers.BooleanField(source="trial.is_represented")
    state = serializers.ChoiceField(choices=["waiting", "shown", "answered", "lost", "void"])
    shown_ms = serializers.FloatField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    incidents = serializers.IntegerField(source="trial.n_incidents")
    voided_at = serializers.DateTimeField(source="trial.voided_at", allow_null=True)
    void_reason = serializers.CharField(source="trial.void_reason")
    can_come_again = serializers.BooleanField()


class VoidSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=LONGEST_REASON)
    show_again = serializers.BooleanField(default=False, help_text="Only where the protocol re-presents a lost face.")


class Trials(DeskView):
    @extend_schema(
        parameters=[PAGE, PAGE_SIZE, OpenApiParameter("only", enum=list(ONLY))],
        responses=paged("TrialPage", TrialSerializer),
    )
    def get(self, request: Request, pk: int, reader_pk: int) -> Response:
        """One reader's trials in the order they came, in pages."""
        reader = get_object_or_404(self.study(pk).readers, pk=reader_pk)
        only = request.query_params.get("only", "all")
        if only not in ONLY:
            raise Http404(_("There is no such list."))
        pages = Page()
        page = pages.paginate_queryset(trials_of(reader, only=only), request, view=self)
        return pages.get_paginated_response(TrialSerializer(lines_of(page), many=True).data)


class VoidTrial(DeskView):
    @extend_schema(request=VoidSerializer, responses=TrialSerializer)
    def post(self, request: Request, pk: int, trial_pk: int) -> Response:
        """Keep the trial, mark it, and leave it out of every analysis from now on."""
        study = self.study(pk)
        trial = get_object_or_404(
            Trial.objects.select_related("session__reader"), pk=trial_pk, session__reader__study=study
        )
        void_trial(trial=trial, by=request.user, **self.given(VoidSerializer))
        found = trials_of(trial.session.reader).get(pk=trial.pk)
        return Response(TrialSerializer(lines_of([found])[0]).data)
