"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from readerstudy import __version__


def site(request: HttpRequest) -> dict[str, object]:
    return {"DEMO": settings.DEMO and settings.DEBUG, "VERSION": __version__}
