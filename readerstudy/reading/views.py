"""The reader's pages: parse, authorise, call one function, render."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from readerstudy.reading import services
from readerstudy.reading.selectors import Place, consent_version, place_of, places_of, reader_for
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol
from readerstudy.studies.services.people import withdraw_reader

SCALES = {Protocol.Confidence.NONE: "none", Protocol.Confidence.FIVE: "five", Protocol.Confidence.HUNDRED: "hundred"}


def reader_page(view: Any) -> Any:
    """Signed in, never cached, and a refusal becomes a message on the study's page."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            messages.error(request, refusal.message, extra_tags="bad")
            return redirect("reading:study", kwargs["pk"])

    return login_required(cache_control(no_store=True)(run))


@reader_page
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """What to do next, study by study."""
    return render(request, "reading/studies.html", {"places": places_of(request.user)})


@reader_page
@require_GET
@ensure_csrf_cookie
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """The way to the first face: consent, instructions and device check, practice."""
    place = place_of(reader_for(request.user, pk))
    if place.step == "finished":
        return redirect("reading:done", pk)
    context = {
        "place": place,
        "study": place.study,
        "protocol": place.protocol,
        "consent_version": consent_version(place.study),
        "steps": _steps(place),
        "seconds": place.protocol.exposure_ms / 1000,
    }
    return render(request, "reading/study.html", context)


def _steps(place: Place) -> list[dict[str, Any]]:
    """The list of steps with the done ones ticked off; practice only where the study has practice faces."""
    names = [("consent", "Consent"), ("device", "Instructions and device check")]
    if place.study.cases.filter(is_practice=True).exists():
        names.append(("practice", "Practice"))
    names.append(("reading", "Reading"))
    keys = [key for key, _ in names]
    at = keys.index(place.step) if place.step in keys else -1
    return [{"key": key, "name": name, "is_done": n < at, "is_now": n == at} for n, (key, name) in enumerate(names)]


@reader_page
@require_POST
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_for(request.user, pk)
    if request.POST.get("agree") != "yes":
        raise Refused("Tick the box to say that you have read the text and agree to take part.")
    services.record_consent(reader=reader, version=request.POST.get("version", ""))
    return redirect("reading:study", pk)


@reader_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_for(request.user, pk)
    if request.POST.get("sure") != "yes":
        raise Refused("Tick the box if you are sure; nothing has changed.")
    withdraw_reader(reader=reader, by=request.user)
    messages.success(request, "You have left the study. The answers given so far are kept.", extra_tags="good")
    return redirect("reading:studies")


@reader_page
@require_GET
@ensure_csrf_cookie
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """The one page on which faces are shown; it holds no face and no answer, all that comes through the API."""
    place = place_of(reader_for(request.user, pk))
    if place.step == "finished":
        return redirect("reading:done", pk)
    if place.session is None:
        messages.info(request, "Please take the steps below first.")
        return redirect("reading:study", pk)
    response = render(request, "reading/session.html", {"place": place, "page": page_data(place)})
    # An isolated page gets a clock of 5 µs instead of 100 µs.
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    return response


def page_data(place: Place) -> dict[str, Any]:
    """What session.js needs to know: addresses and the protocol's rules."""
    session, protocol = place.session, place.session.protocol
    return {
        "session": str(session.token),
        "is_practice": session.is_practice,
        "urls": {
            **{name: reverse(f"reading_api:{name}", args=[session.token]) for name in ("start", "next", "practice")},
            "trials": reverse("reading_api:next", args=[session.token]).split("sessions/")[0] + "trials/",
            "study": reverse("reading:study", args=[place.study.pk]),
            "over": reverse("reading:study" if session.is_practice else "reading:done", args=[place.study.pk]),
            "sign_in": reverse("accounts:sign_in"),
        },
        "exposure_ms": protocol.exposure_ms,
        "call_ends_exposure": protocol.call_ends_exposure,
        "answer_window_ms": protocol.answer_window_ms,
        "confidence": SCALES[protocol.confidence],
        "represents": protocol.incident_policy == Protocol.IncidentPolicy.REPRESENT,
        "pass_percent": protocol.practice_pass_percent if session.is_practice else 0,
    }


@reader_page
@require_GET
def done(request: HttpRequest, pk: int) -> HttpResponse:
    place = place_of(reader_for(request.user, pk))
    if place.step != "finished":
        return redirect("reading:study", pk)
    return render(request, "reading/done.html", {"place": place, "study": place.study})
