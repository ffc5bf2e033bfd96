"""Trouble that is neither the program's fault nor the user's: a full disk, a database that is away.

Each has one sentence, which says what to do, and one status: 507 where there is no room, else 503. Both mean "not now",
so whoever asked may ask again with the same request.
"""

import errno
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy import __version__
from readerstudy.sealed import KeyMissing, KeysUnreadable
from readerstudy.tracing import current

log = logging.getLogger("readerstudy.trouble")

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
SHUT = {errno.EROFS, errno.EACCES, errno.EPERM}
SICK = {errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.EHOSTDOWN, errno.ENOTCONN}
SQLITE_BUSY, SQLITE_FULL, SQLITE_READONLY, SQLITE_ERROR = {5, 6}, 13, 8, 1
POSTGRES_FULL, POSTGRES_READONLY = "53100", "25006"
RETRY_AFTER_S = 5


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """``passes``: it ends by itself, so work in the background waits for that; else a person has to do something."""

    code: str
    sentence: str  # looked up when it is told, in the language of whoever is told
    status: int = 503
    passes: bool = False


DISK_FULL = Trouble(
    code="disk_full",
    status=507,
    sentence=gettext_lazy(
        "The site's disk is full, so nothing can be saved just now. Whoever runs the site has to make room."
    ),
)
READ_ONLY = Trouble(
    code="read_only",
    sentence=gettext_lazy(
        "The site may not write where it keeps its data. Whoever runs the site has to look at its storage."
    ),
)
STORAGE_AWAY = Trouble(
    code="storage_away",
    sentence=gettext_lazy("The site's storage cannot be read just now. Whoever runs the site has to look at it."),
)
KEY_AWAY = Trouble(
    code="photo_key_away",
    sentence=gettext_lazy(
        "The photographs are sealed with a key that the site does not have just now. "
        "Whoever runs the site has to put it back."
    ),
)
DATABASE_AWAY = Trouble(
    code="database_away",
    passes=True,
    sentence=gettext_lazy(
        "The site's database does not answer just now. Nothing that was saved is lost: try again in a moment."
    ),
)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What ``error`` says of disk, storage or database; None for everything else."""
    if isinstance(error, DatabaseError | InterfaceError) and not isinstance(error, IntegrityError):
        return _of_database(error)
    if isinstance(error, KeyMissing | KeysUnreadable):
        return KEY_AWAY
    if isinstance(error, OSError):
        return _of_system(error.errno)
    return None


def _of_system(number: int | None) -> Trouble | None:
    for numbers, trouble in ((FULL, DISK_FULL), (SHUT, READ_ONLY), (SICK, STORAGE_AWAY)):
        if number in numbers:
            return trouble
    return None


def _of_database(error: DatabaseError | InterfaceError) -> Trouble | None:
    cause = error.__cause__
    state, code = getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", None)
    if state == POSTGRES_FULL or code == SQLITE_FULL:
        return DISK_FULL
    if state == POSTGRES_READONLY or (code is not None and code & 0xFF == SQLITE_READONLY):
        return READ_ONLY
    if code is not None:  # "no such table" and the like are the program's own
        return None if code == SQLITE_ERROR else DATABASE_AWAY
    is_away = isinstance(error, OperationalError | InterfaceError) and not isinstance(error, InternalError)
    return DATABASE_AWAY if is_away else None


class Answering:
    """Middleware: what a view could not do for such a reason is answered with its sentence and the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        trouble = trouble_of(error)
        return answered(request, trouble, error) if trouble else None


def broken(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody caught: a page without anything that would have to be looked up."""
    error = sys.exc_info()[1]
    if trouble := trouble_of(error):
        return answered(request, trouble, error)
    context = {"request_id": current.get(), "VERSION": __version__}
    if wants_json(request):
        told = _("Something broke on our side; the site's log knows more under %(number)s.")
        detail = told % {"number": current.get()}
        return JsonResponse({"detail": detail, "code": "broken", "request_id": current.get()}, status=500)
    return HttpResponse(render_to_string("500.html", context), status=500)


def answered(request: HttpRequest, trouble: Trouble, error: BaseException | None) -> HttpResponse:
    log.error("%s (%s: %s)", trouble.code, type(error).__name__, str(error).splitlines()[0] if str(error) else "")
    told = {"detail": str(trouble.sentence), "code": trouble.code, "request_id": current.get()}
    if wants_json(request):
        response = JsonResponse(told, status=trouble.status)
    else:  # no context processor: the account would be looked up in a database that may be away
        response = HttpResponse(
            render_to_string("trouble.html", {**told, "VERSION": __version__}), status=trouble.status
        )
    response["Retry-After"] = str(RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")
