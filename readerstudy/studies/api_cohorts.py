"""Cohorts and their imports under /api/v1/: what the import door's pages do, for scripts."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohort_for
from readerstudy.studies.api import DeskView
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Photo, Subject
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.selectors.subjects import subjects
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.facts import state_confirmation
from readerstudy.studies.services.landmarks import place_landmarks

PAGE = OpenApiParameter("page", int)


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


class PhotoSerializer(serializers.ModelSerializer):
    subject_code = serializers.CharField(source="subject.code")
    reason = serializers.CharField(source="face.reason", default="")

    class Meta:
        model = Photo
        fields = ("id", "subject", "subject_code", "original_name", "status", "is_index", "warnings", "reason")


class RefusalReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class LandmarksSerializer(serializers.Serializer):
    landmarks = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=5,
        max_length=5,
        help_text="eye on the left, eye on the right, tip of the nose, left and right corner of the mouth, as seen",
    )


class OptionalReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class Page(PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


def paged(name: str, item: type[serializers.Serializer]) -> Any:
    """The schema of a page of ``item``."""
    return inline_serializer(
        name,
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": item(many=True),
        },
    )


class CohortView(DeskView):
    def cohort(self, pk: int, *roles: str) -> Cohort:
        return cohort_for(self.request.user, pk, *(roles or (COORDINATOR,)))

    def page(self, rows: QuerySet, serializer: type[serializers.Serializer]) -> Response:
        pages = Page()
        return pages.get_paginated_response(serializer(pages.paginate_queryset(rows, self.request), many=True).data)


class Cohorts(CohortView):
    @extend_schema(operation_id="cohorts_list", parameters=[PAGE], responses=paged("CohortPage", CohortSerializer))
    def get(self, request: Request) -> Response:
        return self.page(selectors.cohort_list(request.user), CohortSerializer)

    @extend_schema(request=CohortSerializer, responses={201: CohortSerializer})
    def post(self, request: Request) -> Response:
        if not request.user.may_coordinate:
            raise PermissionDenied("This account may not make cohorts.")
        cohort = services.create_cohort(created_by=request.user, **self.given(CohortSerializer))
        return Response(CohortSerializer(cohort).data, status=status.HTTP_201_CREATED)


class CohortDetail(CohortView):
    @extend_schema(responses=CohortDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(CohortDetailSerializer(self.cohort(pk, COORDINATOR, INVESTIGATOR)).data)


class Imports(CohortView):
    """Upload a ZIP with its manifest; poll what comes back until ``is_over`` (or ``waits_for_decision``)."""

    parser_classes = [MultiPartParser]

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
        parameters=[PAGE, OpenApiParameter("verdict", enum=ImportLine.Verdict.values)],
        responses=paged("LinePage", LineSerializer),
    )
    def get(self, request: Request, pk: int, batch_pk: int) -> Response:
        batch = get_object_or_404(ImportBatch, pk=batch_pk, cohort=self.cohort(pk))
        return self.page(selectors.report_lines(batch, verdict=request.GET.get("verdict", "")), LineSerializer)


class Subjects(CohortView):
    @extend_schema(parameters=[PAGE], responses=paged("SubjectPage", SubjectSerializer))
    def get(self, request: Request, pk: int) -> Response:
        return self.page(subjects(self.cohort(pk, COORDINATOR, INVESTIGATOR)), SubjectSerializer)


class Facts(CohortView):
    """Write down codes, the kind of confirmation and its date; what is left out stays."""

    @extend_schema(request=FactsSerializer, responses=SubjectSerializer)
    def post(self, request: Request, pk: int, subject_pk: int) -> Response:
        subject = get_object_or_404(Subject, pk=subject_pk, cohort=self.cohort(pk))
        return Response(
            SubjectSerializer(state_confirmation(subject=subject, by=request.user, **self.given(FactsSerializer))).data
        )


class Photos(CohortView):
    @extend_schema(
        parameters=[PAGE, OpenApiParameter("status", enum=Photo.Status.values)],
        responses=paged("PhotoPage", PhotoSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        cohort = self.cohort(pk, COORDINATOR, INVESTIGATOR)
        return self.page(selectors.gallery(cohort, status=request.GET.get("status", "")), PhotoSerializer)


class PhotoAction(CohortView):
    parser_classes = [JSONParser, FormParser, MultiPartParser]

    def photo(self, pk: int, photo_pk: int) -> Photo:
        return get_object_or_404(Photo, pk=photo_pk, cohort=self.cohort(pk))

    def answer(self, photo: Photo) -> Response:
        return Response(PhotoSerializer(Photo.objects.select_related("subject", "face").get(pk=photo.pk)).data)


class Accept(PhotoAction):
    @extend_schema(request=None, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        services.accept_photo(photo=photo, by=request.user)
        return self.answer(photo)


class Refuse(PhotoAction):
    @extend_schema(request=RefusalReasonSerializer, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        services.refuse_photo(photo=photo, by=request.user, **self.given(RefusalReasonSerializer))
        return self.answer(photo)


class Landmarks(PhotoAction):
    """Mark the face by hand: five (x, y) pairs in pixels of the stored photo. The photo is ready afterwards."""

    @extend_schema(request=LandmarksSerializer, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        place_landmarks(photo=photo, by=request.user, **self.given(LandmarksSerializer))
        return self.answer(photo)


class Withdraw(PhotoAction):
    """Consent was withdrawn: every picture of the subject is erased now."""

    @extend_schema(request=OptionalReasonSerializer, responses={204: None})
    def post(self, request: Request, pk: int, subject_pk: int) -> Response:
        subject = get_object_or_404(Subject, pk=subject_pk, cohort=self.cohort(pk))
        services.withdraw_consent(subject=subject, by=request.user, **self.given(OptionalReasonSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)
