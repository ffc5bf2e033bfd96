"""The languages that a report is offered in: the reader's own unless another is asked for."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

PAGE = {"zh-hans": "zh-Hans"}  # as HTML and PDF name it, where that is not as Django does


def page_language() -> str:
    """Of what is being written now, as ``lang`` of a page."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return PAGE.get(language, language)


def in_language(asked: str | None) -> AbstractContextManager[None]:
    """What is written inside is in the language asked for; one that is not offered is nobody's wish."""
    offered = {code for code, name in settings.LANGUAGES}
    return translation.override(asked if asked in offered else translation.get_language())


def offered() -> list[tuple[str, str]]:
    """(code, its own name) of each."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]
