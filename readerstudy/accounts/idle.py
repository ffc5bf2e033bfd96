"""Nobody stays signed in before a screen that was left: after some minutes without anybody doing anything it ends.

What counts is what a person does: opening a page, sending something. What a page asks for by itself (a progress bar, a
picture) counts for nothing, or a monitor left on the ward would never end; browsers tell the two apart by
``Sec-Fetch-Dest``. A script's key has no session and no limit of this kind.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import ngettext

from readerstudy.accounts.trail import record

SEEN = "seen_at"  # in the session: seconds since 1970
SHARE = 20  # the session is written again once a twentieth of its time is over
# The clock of the ten seconds must not wait for a write: the request before it and the one after it count.
NEVER_TOUCH = {"reading_api:photo", "reading_api:exposure_start", "accounts:session"}


def now() -> float:
    return time.time()


class IdleLimit:
    """Signs out whoever did nothing for ``SESSION_IDLE_S`` seconds; 0: never."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_IDLE_S and SESSION_KEY in request.session and seconds_left(request) <= 0:
            _cut(request)
        response = self.get_response(request)
        if settings.SESSION_IDLE_S and SESSION_KEY in request.session and _is_somebody(request):
            touch(request)
        return response


def seconds_left(request: HttpRequest) -> float:
    """Until the session ends if nothing is done. A session that was just begun has all of its time."""
    return request.session.get(SEEN, now()) + settings.SESSION_IDLE_S - now()


def touch(request: HttpRequest) -> None:
    """Somebody is there. Written now and then only: a session is a row."""
    if now() - request.session.get(SEEN, 0) > settings.SESSION_IDLE_S / SHARE:
        request.session[SEEN] = now()


def begin(*, request: HttpRequest, **_: object) -> None:
    """Whoever signs in is there: kept with the new session, so that the first page has nothing more to write."""
    request.session[SEEN] = now()


def _cut(request: HttpRequest) -> None:
    record("account.idle", actor=request.user, target=f"user:{request.user.pk}")
    logout(request)
    if not request.path.startswith("/api/") and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        minutes = round(settings.SESSION_IDLE_S / 60)
        told = ngettext(
            "You were signed out: nothing was done here for %(n)d minute.",
            "You were signed out: nothing was done here for %(n)d minutes.",
            minutes,
        )
        messages.info(request, told % {"n": minutes})


def _is_somebody(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match and match.view_name in NEVER_TOUCH:
        return False
    return request.method not in ("GET", "HEAD") or request.headers.get("Sec-Fetch-Dest", "document") == "document"
