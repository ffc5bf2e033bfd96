"""One id from the browser's request through the log to the worker's task; lines of the log hold no personal data."""

import json
import logging
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty
from prometheus_client import Histogram

HEADER = "X-Request-ID"
current: ContextVar[str] = ContextVar("request_id", default="-")
log = logging.getLogger("readerstudy.requests")
# Collected by readerstudy.operations.metrics, out of the library's own registry.
SECONDS = Histogram(
    "readerstudy_request_seconds",
    "Time from the request to the answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class Tracing:
    """Gives every request an id of its own, sends it back in a header, writes one line and counts the time.

    The line names the route, never the path: a path may hold an invitation's secret.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = current.set(uuid.uuid4().hex[:16])
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = current.get()
            self._tell(request, response, seconds=time.perf_counter() - begun)
            return response
        finally:
            current.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
        match = request.resolver_match
        route = match.view_name if match else "none"
        facts = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(1000 * seconds, 1),
        }
        user = _known_user(request)
        log.info("request", extra={"facts": facts | {"user": getattr(user, "pk", None)}})
        SECONDS.labels(method=request.method, route=route, status=response.status_code).observe(seconds)


def _known_user(request: HttpRequest) -> Any:
    """Who it was, where the view has asked for that; looked up for the log alone it might not be to be had."""
    user = getattr(request, "user", None)
    return None if isinstance(user, SimpleLazyObject) and user._wrapped is empty else user


class Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True


class Lines(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        record.facts_text = " ".join(f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        return super().format(record).rstrip()


class Json(logging.Formatter):
    """One JSON object a line, for a log store."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


# --- through the queue ---------------------------------------------------------------------------------------------


@before_task_publish.connect
def _send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers.setdefault("request_id", current.get())


@task_prerun.connect
def _take_over(task: Any = None, **_: Any) -> None:
    current.set(task.request.get("request_id") or "-")


@task_postrun.connect
def _let_go(**_: Any) -> None:
    current.set("-")
