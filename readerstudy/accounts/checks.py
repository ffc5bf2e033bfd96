"""What must not be served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def demo_is_for_debug_only(**kwargs: Any) -> list[CheckMessage]:
    """Demo mode signs anybody in with one click, so it must never meet a real site."""
    if settings.DEMO and not settings.DEBUG:
        return [
            Error(
                "DEMO is on while DEBUG is off: anybody could sign in with one click.",
                hint="Unset DEMO on a real site; `make demo` sets both for you.",
                id="readerstudy.E001",
            )
        ]
    return []
