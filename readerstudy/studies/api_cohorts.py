"""Cohorts and their imports under /api/v1/: what the import door's pages do, for scripts."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohort_for
from readerstudy.studies.api import DeskView
from readerstudy.studies.api_pages import Filter, listed, paged, parameters, search
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Subject
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.selectors.subjects import subjects
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.facts import state_confirmation

OF_COHORTS = (Filter(name="kind", choices=Cohort.Kind.values), search("name__icontains"))
OF_IMPORTS = (Filter(name="status", choices=ImportBatch.Status.values),)
OF_LINES = (
    Filter(name="verdict", choices=ImportLine.Verdict.values),
    search("file__icontains", "subject_code__icontains"),
)
OF_SUBJECTS = (
    Filter(name="has_syndrome", kind=bool),
    Filter(name="diagnosis", looks_at=["diagnosis__iexact"]),
    Filter(name="sex", choices=["F", "M"]),
    Filter(name="has_consent", looks_at=["consent_withdrawn_at__isnull"], kind=bool, says="false: it was withdrawn"),
    search("code__icontains"),
)


class CohortSerializer(serializers.ModelSerializer):
    class Meta:
        model = Cohort
        fields = ("id", "name", "kind", "description", "created_at")
        read_only_fields = ("id", "created_at")


class PhotoCountsSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    done = serializers.IntegerField(help_text="photos that the face finder has looked at")
    imported = serializers.IntegerField()
    ready = serializers.IntegerField()
    review = serializers.IntegerField()
    unusable = serializers.IntegerField()
    erased = serializers.IntegerField()


class CohortDetailSerializer(CohortSerializer):
    photos = serializers.SerializerMethodField()

    class Meta(CohortSerializer.Meta):
        fields = (*CohortSerializer.Meta.fields, "photos")

    @extend_schema_field(PhotoCountsSerializer)
    def get_photos(self, cohort: Cohort) -> dict[str, int]:
        return selectors.progress(cohort)


class UploadSerializer(serializers.Serializer):
    photos = serializers.FileField(help_text="a ZIP archive")
    manifest = serializers.FileField(help_text="a CSV file: subject_id, file, label ...")
    dry_run = serializers.BooleanField(
        default=False, help_text="only check: nothing is stored before a POST to .../confirm/"
    )


class BatchSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ImportBatch.Status.choices)
    status_label = serializers.CharField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    verdicts = serializers.DictField(child=serializers.IntegerField())
    problem = serializers.CharField()
    notices = serializers.ListField(child=serializers.CharField())
    is_checked_first = serializers.BooleanField()
    waits_for_decision = serializers.BooleanField(help_text="checked: POST to .../confirm/ or .../discard/")
    is_over = serializers.BooleanField()


class ImportSerializer(serializers.ModelSerializer):
    """One import in the list; its numbers are at its own address."""

    class Meta:
        model = ImportBatch
        fields = ("id", "status", "total", "done", "problem", "created_at", "finished_at")


class LineSerializer(serializers.ModelSerializer):
    face = serializers.CharField(source="photo.status", default="", help_text="where the photo stands now")

    class Meta:
        model = ImportLine
        fields = ("number", "file", "subject_code", "verdict", "reason", "photo", "face")


class SubjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Subject
        fields = (
            *("id", "code", "has_syndrome", "diagnosis", "orpha", "omim", "confirmation", "confirmed_on"),
            *("sex", "age_months", "consent", "consent_withdrawn_at"),
        )


class FactsSerializer(serializers.Serializer):
    orpha = serializers.CharField(required=False, allow_blank=True, help_text="ORPHA:648, or the bare number")
    omim = serializers.CharField(required=False, allow_blank=True, help_text="OMIM:163950, or the bare number")
    confirmation = serializers.ChoiceField(required=False, choices=Subject.Confirmation.choices, allow_blank=True)
    confirmed_on = serializers.CharField(required=False, allow_blank=True, help_text="2024-03-17, 2024-03 or 2024")


class OptionalReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class CohortView(DeskView):
    def cohort(self, pk: int, *roles: str) -> Cohort:
        return cohort_for(self.request.user, pk, *(roles or (COORDINATOR,)))


class Cohorts(CohortView):
    @extend_schema(
        operation_id="cohorts_list",
        parameters=parameters(*OF_COHORTS),
        responses=paged("CohortPage", CohortSerializer),
    )
    def get(self, request: Request) -> Response:
        return listed(selectors.cohort_list(request.user), request, CohortSerializer, *OF_COHORTS)

    @extend_schema(request=CohortSerializer, responses={201: CohortSerializer})
    def post(self, request: Request) -> Response:
        if not request.user.may_coordinate:
            raise PermissionDenied(_("This account may not make cohorts."))
        cohort = services.create_cohort(created_by=request.user, **self.given(CohortSerializer))
        return Response(CohortSerializer(cohort).data, status=status.HTTP_201_CREATED)


class CohortDetail(CohortView):
    @extend_schema(responses=CohortDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(CohortDetailSerializer(self.cohort(pk, COORDINATOR, INVESTIGATOR)).data)


class Imports(CohortView):
    """Upload a ZIP with its manifest; poll what comes back until ``is_over`` (or ``waits_for_decision``)."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_list",
        parameters=parameters(*OF_IMPORTS),
        responses=paged("ImportPage", ImportSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The imports of a cohort, newest first."""
        return listed(self.cohort(pk).imports.order_by("-pk"), request, ImportSerializer, *OF_IMPORTS)

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={202: BatchSerializer})
    def post(self, request: Request, pk: int) -> Response:
        cohort = self.cohort(pk)
        files = self.given(UploadSerializer)
        batch = services.start_import(
            cohort=cohort,
            archive=files["photos"],
            manifest=files["manifest"],
            created_by=request.user,
            is_checked_first=files["dry_run"],
        )
        return Response(selectors.batch_state(batch), status=status.HTTP_202_ACCEPTED)


class ImportDetail(CohortView):
    @extend_schema(responses=BatchSerializer)
    def get(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = get_object_or_404(ImportBatch, pk=batch_pk, cohort=self.cohort(pk))
        return Response(selectors.batch_state(batch))


class ImportDecision(CohortView):
    decide: Callable[..., ImportBatch]

    @extend_schema(request=None, responses=BatchSerializer)
    def post(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = get_object_or_404(ImportBatch, pk=batch_pk, cohort=self.cohort(pk))
        type(self).decide(batch=batch, by=request.user)
        return Response(selectors.batch_state(batch))


class ImportConfirm(ImportDecision):
    """Store what a dry run let through."""

    decide = services.confirm_import


class ImportDiscard(ImportDecision):
    """Throw the photos of a dry run away; its report stays."""

    decide = services.discard_import


class ImportLines(CohortView):
    @extend_schema(
        parameters=parameters(*OF_LINES),
        responses=paged("LinePage", LineSerializer),
    )
    def get(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = get_object_or_404(ImportBatch, pk=batch_pk, cohort=self.cohort(pk))
        return listed(selectors.report_lines(batch), request, LineSerializer, *OF_LINES)


class Subjects(CohortView):
    @extend_schema(
        operation_id="subjects_list",
        parameters=parameters(*OF_SUBJECTS),
        responses=paged("SubjectPage", SubjectSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        return listed(subjects(self.cohort(pk, COORDINATOR, INVESTIGATOR)), request, SubjectSerializer, *OF_SUBJECTS)


class SubjectDetail(CohortView):
    @extend_schema(responses=SubjectSerializer)
    def get(self, request: Request, pk: int, subject_pk: int) -> Response:
        cohort = self.cohort(pk, COORDINATOR, INVESTIGATOR)
        return Response(SubjectSerializer(get_object_or_404(Subject, pk=subject_pk, cohort=cohort)).data)


class Facts(CohortView):
    """Write down codes, the kind of confirmation and its date; what is left out stays."""

    @extend_schema(request=FactsSerializer, responses=SubjectSerializer)
    def post(self, request: Request, pk: int, subject_pk: int) -> Response:
        subject = get_object_or_404(Subject, pk=subject_pk, cohort=self.cohort(pk))
        return Response(
            SubjectSerializer(state_confirmation(subject=subject, by=request.user, **self.given(FactsSerializer))).data
        )


class Withdraw(CohortView):
    """Consent was withdrawn: every picture of the subject is erased now."""

    parser_classes = [JSONParser, FormParser, MultiPartParser]

    @extend_schema(request=OptionalReasonSerializer, responses={204: None})
    def post(self, request: Request, pk: int, subject_pk: int) -> Response:
        subject = get_object_or_404(Subject, pk=subject_pk, cohort=self.cohort(pk))
        services.withdraw_consent(subject=subject, by=request.user, **self.given(OptionalReasonSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)
