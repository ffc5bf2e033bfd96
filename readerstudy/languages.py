"""The words that scripts need, in the language of the page: one small script, kept by the browser until they change."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, to_locale
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

KEPT = "private, max-age=31536000, immutable"


class Catalogue(JavaScriptCatalog):
    """``gettext``, ``ngettext`` and ``interpolate`` for our modules; without the admin's messages."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = get_language()
        self.translation = DjangoTranslation(language, domain="djangojs", localedirs=settings.LOCALE_PATHS)
        response = self.render_to_response(self.get_context_data(**kwargs))
        if request.GET.get("v") == version(language):  # the address changes with the words and with the language
            response["Cache-Control"] = KEPT
        return response


@cache
def version(language: str) -> str:
    file = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES" / "djangojs.mo"
    words = file.read_bytes() if file.exists() else b""
    return f"{language}-{sha256(words).hexdigest()[:12]}"


def page(request: HttpRequest) -> dict[str, str]:
    """For every page: where its script's words are."""
    return {"SCRIPT_WORDS": f"{reverse('jsi18n')}?v={version(get_language())}"}
