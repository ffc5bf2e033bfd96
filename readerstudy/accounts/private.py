"""What every answer of the site says to the browser, unless the view has said it already."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Nothing of ours asks for any of these; a page that was changed on its way should not get them either.
NEVER_ASKED = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


class Private:
    """No copy of a page, a file or a picture stays in a browser or on the way to it; no other site may embed one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        kept = response.get("Cache-Control", "")
        # The scripts' words are nobody's data, and their address changes with them.
        if "no-store" not in kept and "immutable" not in kept:
            response["Cache-Control"] = "private, no-store"
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", NEVER_ASKED)
        return response
