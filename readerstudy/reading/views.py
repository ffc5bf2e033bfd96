"""The reader's pages: parse, authorise, call one function, render."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from readerstudy.reading import services
from readerstudy.reading.keys import RESERVED, keys_of
from readerstudy.reading.selectors import Place, consent_version, place_of, places_of, reader_for
from readerstudy.reading.states import is_sequential
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, study_for
from readerstudy.studies.forms.studies import TryForm
from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.services import previews
from readerstudy.studies.services.people import withdraw_reader
from readerstudy.studies.syndromes import suggestions

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
        "device_page": device_page(place) if place.step == "device" else None,
    }
    return render(request, "reading/study.html", context)


def device_page(place: Place) -> dict[str, Any]:
    """What device.js needs to know."""
    return {
        "gs_side": place.main.gs_side,
        "keys": place.keys,
        "reserved_keys": RESERVED,
        "url": reverse("reading_api:device", args=[place.main.token]),
    }


def _steps(place: Place) -> list[dict[str, Any]]:
    """The list of steps with the done ones ticked off; practice only where the study has practice faces."""
    names = [("consent", _("Consent")), ("device", _("Instructions and device check"))]
    if place.study.cases.filter(is_practice=True).exists():
        names.append(("practice", _("Practice")))
    names.append(("reading", _("Reading")))
    keys = [key for key, _name in names]
    at = keys.index(place.step) if place.step in keys else -1
    return [{"key": key, "name": name, "is_done": n < at, "is_now": n == at} for n, (key, name) in enumerate(names)]


@reader_page
@require_POST
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_for(request.user, pk)
    if request.POST.get("agree") != "yes":
        raise Refused(_("Tick the box to say that you have read the text and agree to take part."))
    services.record_consent(reader=reader, version=request.POST.get("version", ""))
    return redirect("reading:study", pk)


@reader_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    reader = reader_for(request.user, pk)
    if request.POST.get("sure") != "yes":
        raise Refused(_("Tick the box if you are sure; nothing has changed."))
    withdraw_reader(reader=reader, by=reader)
    messages.success(request, _("You have left the study. The answers given so far are kept."), extra_tags="good")
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
        messages.info(request, _("Please take the steps below first."))
        return redirect("reading:study", pk)
    response = render(request, "reading/session.html", {"place": place, "page": page_data(place)})
    # An isolated page gets a clock of 5 µs instead of 100 µs.
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    return response


def page_data(place: Place) -> dict[str, Any]:
    """What session.js needs to know: addresses and the protocol's rules."""
    session, protocol = place.session, place.session.protocol
    main = place.main or session
    return {
        "session": str(session.token),
        "is_practice": session.is_practice,
        "is_preview": place.study.is_preview,
        "arm": session.arm,
        "is_sequential": is_sequential(session),
        "urls": _addresses(place),
        "exposure_ms": protocol.exposure_ms,
        "call_ends_exposure": protocol.call_ends_exposure,
        "answer_window_ms": protocol.answer_window_ms,
        "confidence": SCALES[protocol.confidence],
        "represents": protocol.incident_policy == Protocol.IncidentPolicy.REPRESENT,
        "pass_percent": protocol.practice_pass_percent if session.is_practice else 0,
        "undo_ms": None if session.is_practice else protocol.undo_ms,
        "asks_syndrome": protocol.asks_syndrome,
        "syndromes": suggestions(protocol) if protocol.asks_syndrome else [],
        "gs_side": main.gs_side,
        "keys": keys_of(main),
        "calibration": _calibration(main.device),
    }


def _addresses(place: Place) -> dict[str, str | None]:
    session, study = place.session, place.study
    names = ("start", "next", "practice", "note")
    return {
        **{name: reverse(f"reading_api:{name}", args=[session.token]) for name in names},
        "trials": reverse("reading_api:next", args=[session.token]).split("sessions/")[0] + "trials/",
        "study": reverse("reading:study", args=[study.pk]),
        "over": reverse("reading:study" if session.is_practice else "reading:done", args=[study.pk]),
        "sign_in": reverse("accounts:sign_in"),
        "end_preview": reverse("reading:end_preview", args=[study.pk]) if study.is_preview else None,
    }


def _calibration(device: dict[str, Any]) -> dict[str, float] | None:
    """What the card on the screen told in the device check."""
    if not device.get("px_per_mm"):
        return None
    return {name: device[name] for name in ("px_per_mm", "viewing_distance_mm", "pixel_ratio") if device.get(name)}


@reader_page
@require_GET
def done(request: HttpRequest, pk: int) -> HttpResponse:
    place = place_of(reader_for(request.user, pk))
    if place.step != "finished":
        return redirect("reading:study", pk)
    is_told, is_closed = place.protocol.shows_own_result, place.study.status == Study.Status.CLOSED
    context = {
        "place": place,
        "study": place.study,
        "shows_result": is_told and is_closed,
        "result_later": is_told and not is_closed and not place.study.is_preview,
    }
    return render(request, "reading/done.html", context)


@login_required
@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A coordinator plays the reader: on drawn faces, in a study that is thrown away afterwards."""
    study = study_for(request.user, pk, COORDINATOR)
    try:
        made = previews.make_preview(study=study, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:study", pk)
    return redirect("reading:study", made.pk)


@login_required
@require_POST
def preview_new(request: HttpRequest) -> HttpResponse:
    """The same for a study that is still a form: the rules and words as they are typed."""
    if not request.user.may_coordinate:
        raise PermissionDenied(_("This account may not make studies."))
    form = TryForm(request.POST)
    if not form.is_valid():
        told = " ".join(f"{form[name].label}: {errors[0]}" for name, errors in form.errors.items())
        sentence = _("Before it can be tried, something has to be put right. %(told)s") % {"told": told}
        return render(request, "accounts/refused.html", {"sentence": sentence}, status=400)
    made = previews.preview_rules(
        rules=Protocol(**form.rules()), by=request.user, has_practice=form.has_practice(), **form.told()
    )
    return redirect("reading:study", made.pk)


@login_required
@require_POST
def end_preview(request: HttpRequest, pk: int) -> HttpResponse:
    study = reader_for(request.user, pk).study
    if not study.is_preview:
        raise Http404(_("No such preview."))
    is_of_a_form, number = study.preview_of_id == study.pk, study.preview_of_id
    previews.end_preview(preview=study)
    if is_of_a_form:
        done = _("The preview is over; nothing of it was kept. What you typed is still open where you came from.")
        messages.success(request, done, extra_tags="good")
        return redirect("studies:studies")
    messages.success(request, _("The preview is over; nothing of it was kept."), extra_tags="good")
    return redirect("studies:study", number)
