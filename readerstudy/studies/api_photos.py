"""Photos of a cohort under /api/v1/: looking at them, and what the review queue decides."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.api_cohorts import CohortView
from readerstudy.studies.api_pages import Filter, listed, paged, parameters, search
from readerstudy.studies.models import Face, Photo
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.faces import take_instead
from readerstudy.studies.services.landmarks import place_landmarks
from readerstudy.studies.views.photos import KINDS, picture

FILTERS = (
    Filter(name="status", choices=Photo.Status.values),
    Filter(name="is_index", kind=bool, says="the one photo of its subject that is read and trained on"),
    Filter(name="subject", looks_at=["subject_id"], kind=int),
    search("subject__code__icontains", "original_name__icontains"),
)


class PhotoSerializer(serializers.ModelSerializer):
    subject_code = serializers.CharField(source="subject.code")
    reason = serializers.CharField(source="face.reason", default="")

    class Meta:
        model = Photo
        fields = ("id", "subject", "subject_code", "original_name", "status", "is_index", "warnings", "reason")


class FaceSerializer(serializers.ModelSerializer):
    """Where the face is, in pixels of the stored photo."""

    class Meta:
        model = Face
        fields = ("is_found", "box", "landmarks", "confidence", "eye_distance", "rotation", "quality",
                  "detector_version")  # fmt: skip


class PhotoDetailSerializer(PhotoSerializer):
    face = FaceSerializer(allow_null=True, default=None)
    others = serializers.SerializerMethodField(help_text="further photos of the subject that could be read instead")

    class Meta(PhotoSerializer.Meta):
        fields = (*PhotoSerializer.Meta.fields, "width", "height", "face", "others")

    def get_others(self, photo: Photo) -> list[int]:
        return [other.pk for other in selectors.other_photos(photo)]


class RefusalReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class InsteadSerializer(serializers.Serializer):
    other = serializers.IntegerField(help_text="another photo of the same subject")


class LandmarksSerializer(serializers.Serializer):
    landmarks = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=5,
        max_length=5,
        help_text="eye on the left, eye on the right, tip of the nose, left and right corner of the mouth, as seen",
    )


class Photos(CohortView):
    @extend_schema(
        operation_id="photos_list", parameters=parameters(*FILTERS), responses=paged("PhotoPage", PhotoSerializer)
    )
    def get(self, request: Request, pk: int) -> Response:
        """The review queue is ``?status=review``."""
        cohort = self.cohort(pk, COORDINATOR, INVESTIGATOR)
        return listed(selectors.gallery(cohort), request, PhotoSerializer, *FILTERS)


class PhotoView(CohortView):
    parser_classes = [JSONParser, FormParser, MultiPartParser]

    def photo(self, pk: int, photo_pk: int, *roles: str) -> Photo:
        return get_object_or_404(
            Photo.objects.select_related("subject", "face"), pk=photo_pk, cohort=self.cohort(pk, *roles)
        )

    def answer(self, photo: Photo) -> Response:
        return Response(PhotoSerializer(Photo.objects.select_related("subject", "face").get(pk=photo.pk)).data)


class PhotoDetail(PhotoView):
    @extend_schema(responses=PhotoDetailSerializer)
    def get(self, request: Request, pk: int, photo_pk: int) -> Response:
        return Response(PhotoDetailSerializer(self.photo(pk, photo_pk, COORDINATOR, INVESTIGATOR)).data)


class PhotoFile(PhotoView):
    @extend_schema(
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=sorted(KINDS))],
        responses={(200, "image/*"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int, photo_pk: int, kind: str) -> HttpResponse:
        """The stored photo, a small one, what a reader is shown, or the aligned crop that is trained on."""
        photo = self.photo(pk, photo_pk, COORDINATOR, INVESTIGATOR)
        return picture(photo, kind, by=request.user, is_api=True)


class Accept(PhotoView):
    @extend_schema(request=None, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        services.accept_photo(photo=photo, by=request.user)
        return self.answer(photo)


class Refuse(PhotoView):
    @extend_schema(request=RefusalReasonSerializer, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        services.refuse_photo(photo=photo, by=request.user, **self.given(RefusalReasonSerializer))
        return self.answer(photo)


class ChooseIndex(PhotoView):
    """Make this the one photo of its subject that is read and trained on."""

    @extend_schema(request=None, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        services.choose_index_photo(photo=photo, by=request.user)
        return self.answer(photo)


class Instead(PhotoView):
    """Refuse this photo and read another one of the subject."""

    @extend_schema(request=InsteadSerializer, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        other = self.photo(pk, self.given(InsteadSerializer)["other"])
        take_instead(photo=photo, other=other, by=request.user)
        return self.answer(other)


class Landmarks(PhotoView):
    """Mark the face by hand: five (x, y) pairs in pixels of the stored photo. The photo is ready afterwards."""

    @extend_schema(request=LandmarksSerializer, responses=PhotoSerializer)
    def post(self, request: Request, pk: int, photo_pk: int) -> Response:
        photo = self.photo(pk, photo_pk)
        given: dict[str, Any] = self.given(LandmarksSerializer)
        place_landmarks(photo=photo, by=request.user, **given)
        return self.answer(photo)
