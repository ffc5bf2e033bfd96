"""One new photo against a finished run, for scripts: send it in, ask for the answer, keep or erase it."""

import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.refusal import Refused
from screening import new_photo
from screening.forms_screen import OLDEST_YEARS
from screening.views_screen import own_photo
from training import services
from training.access import enter_desk, run_to_screen
from training.models import NewPhoto
from training.services import screen

REFUSED = OpenApiResponse(description="Refused; `detail` says why.")


class NewPhotoWishSerializer(serializers.Serializer):
    """As multipart form data."""

    run = serializers.IntegerField(help_text="Number of a finished run of your studies.")
    photo = serializers.FileField(help_text="One face, from the front.")
    age_months = serializers.FloatField(required=False, min_value=0, max_value=12 * OLDEST_YEARS)
    consent = serializers.CharField(
        required=False,
        min_length=screen.SHORTEST_STATEMENT,
        max_length=screen.LONGEST_STATEMENT,
        help_text="Why the photo may be kept, in words and without names. Left out: nothing is kept.",
    )

    def validate_photo(self, photo: UploadedFile) -> UploadedFile:
        if photo.size > screen.MOST_BYTES:
            raise serializers.ValidationError(screen.TOO_LARGE)
        return photo


class NewPhotoConsentSerializer(serializers.Serializer):
    consent = serializers.CharField(min_length=screen.SHORTEST_STATEMENT, max_length=screen.LONGEST_STATEMENT)


class NewPhotoSerializer(serializers.ModelSerializer):
    """Where a photo is on its way."""

    erased_at = serializers.SerializerMethodField(help_text="When it goes by itself; null: not yet known, or kept.")

    class Meta:
        model = NewPhoto
        fields = ["token", "run", "state", "problem", "age_months", "created_at", "erased_at", "kept_at", "consent"]
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_erased_at(self, photo: NewPhoto) -> Any:
        return None if photo.kept_at or not photo.ended_at else photo.ended_at + screen.AFTER_ANSWER


class NewPhotoAnswerSerializer(NewPhotoSerializer):
    answer = serializers.SerializerMethodField(
        help_text="null until scored. `summary`, `networks`, `place`, `rates`, `predictive`, `familiarity`, `warnings`."
    )

    class Meta(NewPhotoSerializer.Meta):
        fields = [*NewPhotoSerializer.Meta.fields, "answer"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_answer(self, photo: NewPhoto) -> dict[str, Any] | None:
        question = new_photo.question_of(photo)
        return new_photo.answer(question, prevalence=self.context["prevalence"]) if question else None


class PrevalenceSerializer(serializers.Serializer):
    prevalence = serializers.FloatField(default=new_photo.PREVALENCE, min_value=0.00001, max_value=0.99)


class Door(APIView):
    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Refused):
            return Response({"detail": exc.message}, status=exc.status)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        return answer


class NewPhotos(Door):
    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(responses=NewPhotoSerializer(many=True), summary="Your photos that are not erased yet, newest first")
    def get(self, request: Request) -> Response:
        enter_desk(request.user)
        mine = screen.live_photos(timezone.now()).filter(created_by=request.user).order_by("-id")
        return Response(NewPhotoSerializer(mine, many=True).data)

    @extend_schema(
        request={"multipart/form-data": NewPhotoWishSerializer},
        responses={202: NewPhotoSerializer, 400: REFUSED},
        summary="Send in one photo; ask for the answer by its token",
    )
    def post(self, request: Request) -> Response:
        enter_desk(request.user)
        wish = NewPhotoWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        wanted = wish.validated_data
        photo = services.submit_new_photo(
            run=run_to_screen(request.user, wanted["run"]),
            data=wanted["photo"].read(),
            created_by=request.user,
            age_months=wanted.get("age_months"),
            consent=wanted.get("consent", ""),
        )
        return Response(NewPhotoSerializer(photo).data, status=status.HTTP_202_ACCEPTED)


class OneNewPhoto(Door):
    @extend_schema(
        parameters=[OpenApiParameter("prevalence", float, description="0 to 1; 0.01 when left out")],
        responses=NewPhotoAnswerSerializer,
        summary="The answer, once `state` is finished; 404 when it has been erased",
    )
    def get(self, request: Request, token: uuid.UUID) -> Response:
        photo = own_photo(request.user, token)
        wish = PrevalenceSerializer(data=request.query_params)
        wish.is_valid(raise_exception=True)
        return Response(NewPhotoAnswerSerializer(photo, context=wish.validated_data).data)

    @extend_schema(responses={204: None}, summary="Erase the photo and its scores now")
    def delete(self, request: Request, token: uuid.UUID) -> Response:
        services.erase_new_photo(photo=own_photo(request.user, token), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeepNewPhoto(Door):
    @extend_schema(
        request=NewPhotoConsentSerializer,
        responses={200: NewPhotoSerializer, 400: REFUSED, 409: REFUSED},
        summary="Keep the photo and its scores until they are erased by hand",
    )
    def post(self, request: Request, token: uuid.UUID) -> Response:
        photo = own_photo(request.user, token)
        wish = NewPhotoConsentSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        services.keep_new_photo(photo=photo, consent=wish.validated_data["consent"])
        return Response(NewPhotoSerializer(photo).data)
