"""The dialogue of the reading page with the server. Nothing that goes out names a case, a subject or a truth."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from readerstudy.reading import services
from readerstudy.reading.api import serializers
from readerstudy.reading.keys import keys_of
from readerstudy.reading.models import Call, Exposure, Trial
from readerstudy.reading.selectors import session_for, trial_for
from readerstudy.reading.states import asked_stage, calls_of, is_sequential, shows_aid, state_of
from readerstudy.refusal import Refused

JPEG, PNG = b"\xff\xd8", b"\x89PNG"


class ReadingView(APIView):
    """No answer is ever cached; refusals come as ``{"detail": sentence, "code": word}``."""

    key_roles = ("reader",)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refused):
            return Response({"detail": exc.message, "code": "refused"}, status=exc.status)
        response: Response = super().handle_exception(exc)
        # The page has to tell "sign in again" (keep the answer and wait) from "you may not".
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            response.data["code"] = "sign_in"
        elif isinstance(response.data, dict) and "CSRF" in str(response.data.get("detail", "")):
            response.data["code"] = "csrf"
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def given(self, serializer: type[Serializer]) -> Serializer:
        """The validated body."""
        filled = serializer(data=self.request.data)
        if not filled.is_valid():
            sentences = [f"{name}: {' '.join(map(str, errors))}" for name, errors in filled.errors.items()]
            raise Refused(" ".join(sentences))
        return filled

    def page_key(self) -> str:
        """Of the page that asks; a request without a body has none."""
        is_json = "json" in (self.request.content_type or "")
        return str(self.given(serializers.PageIn).validated_data["key"]) if is_json else ""


def described(trial: Trial | None) -> dict[str, Any] | None:
    if trial is None:
        return None
    state = state_of(trial)
    photo = reverse("reading_api:photo", args=[trial.token])
    stage = asked_stage(trial)
    half = calls_of(trial).get(stage) if state == "rating" else None
    return {
        "token": str(trial.token),
        "state": state,
        "photo": photo if state in {"waiting", "issued"} else None,
        "stage": stage,
        "given": half and {"is_gs": half.is_gs, "key": half.idempotency_key, "response_ms": half.response_ms},
    }


def placed(place: services.Place) -> dict[str, Any]:
    prefetch_related_objects([trial for trial in (place.trial, place.ahead) if trial], "calls")  # asked once
    return {
        "state": place.state,
        "trial": described(place.trial),
        "ahead": described(place.ahead),
        "done": place.progress.done,
        "total": place.progress.total,
        "is_rest_due": place.is_rest_due,
    }


class Start(ReadingView):
    @extend_schema(request=serializers.PageIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Begin the session, or go on with it, and get the place in it."""
        session = session_for(request.user, token)
        key = self.page_key()
        session = services.start_session(session=session)
        return Response(placed(services.next_trial(session=session, key=key)))


class Next(ReadingView):
    @extend_schema(request=serializers.PageIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """The open trial or the next waiting one. A look that is still open is closed: its page is gone.

        With ``key`` the look that is then started with the same key is not closed, should this request be late.
        """
        session = session_for(request.user, token)
        key = self.page_key()
        return Response(placed(services.next_trial(session=session, key=key)))


class Device(ReadingView):
    @extend_schema(request=serializers.DeviceIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Keep what the device check found."""
        session = session_for(request.user, token)
        given = self.given(serializers.DeviceIn).validated_data
        session = services.record_device(session=session, device=given["device"])
        return Response({"saved": True, "keys": keys_of(session)})


class PracticeRound(ReadingView):
    @extend_schema(request=serializers.PageIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Practise once more after a round that missed the pass mark."""
        session = session_for(request.user, token)
        key = self.page_key()
        session = services.repeat_practice(session=session)
        return Response(placed(services.next_trial(session=session, key=key)))


class Photo(ReadingView):
    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, token: str) -> FileResponse:
        """The face of the trial at hand or the next one: never again once it was started (410)."""
        file = services.issue_photo(trial=trial_for(request.user, token))
        head = file.read(4)
        file.seek(0)
        # The type is read off the bytes: a stored name would be one more thing that could say something.
        kind = "image/png" if head == PNG else "image/jpeg" if head.startswith(JPEG) else "application/octet-stream"
        response = FileResponse(file, content_type=kind, filename="face")
        response["Content-Disposition"] = 'inline; filename="face"'
        return response


class ExposureStart(ReadingView):
    @extend_schema(request=serializers.PageIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Commit the look; the face may be shown after this answer and not before. A second look is refused (409)."""
        trial = trial_for(request.user, token)  # first who, then what: a stranger learns nothing about the body
        exposure = services.open_exposure(trial=trial, key=self.page_key())
        body = {"requested_ms": exposure.requested_ms, "started_at": exposure.started_at, "aid": _aid_beside(trial)}
        return Response(body, status=status.HTTP_201_CREATED)


def _aid_beside(trial: Trial) -> dict[str, Any] | None:
    """In an aided session the model's output comes with the acknowledgement, and stands beside the face."""
    if is_sequential(trial.session) or not shows_aid(trial.session):
        return None
    return services.described_aid(services.show_aid(trial=trial))


class ModelsOutput(ReadingView):
    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """What the model said of the face at hand: after the unaided call, or in an aided session; else refused (409).

        A POST, for it is noted when it left the server.
        """
        return Response(services.described_aid(services.show_aid(trial=trial_for(request.user, token))))


class ExposureEnd(ReadingView):
    @extend_schema(request=serializers.LookIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Close the look with what the page measured; the same again answers with what is stored."""
        trial = trial_for(request.user, token)
        given = self.given(serializers.LookIn)
        exposure = services.close_exposure(trial=trial, look=given.look(), kind=given.validated_data["kind"])
        return Response(_closed(exposure))


def _closed(exposure: Exposure) -> dict[str, Any]:
    trial = Trial.objects.select_related("exposure").get(pk=exposure.trial_id)
    return {"end": exposure.end, "flags": exposure.flags, "state": state_of(trial)}


class CallGiven(ReadingView):
    @extend_schema(request=serializers.CallIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Store the answer: 201 when new, 200 when it is the stored one, 409 when it says something else."""
        trial = trial_for(request.user, token)
        call, is_new = services.record_call(trial=trial, **self.given(serializers.CallIn).validated_data)
        return Response(_answered(call, trial), status=201 if is_new else 200)


def _answered(call: Call, trial: Trial) -> dict[str, Any]:
    return {
        "is_gs": call.is_gs,
        "confidence": call.confidence,
        "syndrome": call.suspected_syndrome,
        "stage": call.stage,
        "is_complete": call.is_complete,
        "state": state_of(call.trial),
        "undo_ms": services.undo_ms_of(call),
        "feedback": services.feedback_on(trial),
    }


class Undo(ReadingView):
    @extend_schema(request=serializers.UndoIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Take the last answer back: it counts until another one, which names it in ``supersedes``, has come."""
        trial = trial_for(request.user, token)
        call = services.undo_call(trial=trial, key=self.given(serializers.UndoIn).validated_data["key"])
        return Response({"state": state_of(call.trial), "stage": call.stage})


class Noted(ReadingView):
    @extend_schema(request=serializers.NoteIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """Keep a note of the page: a rest, a pause, a hint that was shown."""
        session = session_for(request.user, token)
        given = self.given(serializers.NoteIn).validated_data
        trial = session.trials.filter(token=given["trial"]).first() if given["trial"] else None
        kept = services.note(session=session, kind=given["kind"], trial=trial, detail=given["detail"])
        return Response({"saved": kept is not None}, status=201 if kept else 200)


class Forfeit(ReadingView):
    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, token: str) -> Response:
        """The answer window ran out without an answer."""
        trial = services.forfeit_trial(trial=trial_for(request.user, token))
        return Response({"state": state_of(trial)})
