"""Keys of photographs that are missing or lie open: said when the site starts, not when the first face is asked for."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from readerstudy.sealed import SealTrouble, keys, open_to_others


@register(Tags.security)
def the_keys_of_photographs_can_be_read(**kwargs: Any) -> list[CheckMessage]:
    if not settings.PHOTO_KEYS_FILE:
        return []
    try:
        keys()
    except SealTrouble as problem:
        hint = "Put the file back, or unset PHOTO_KEYS_FILE where no photograph is sealed."
        return [Error(str(problem), hint=hint, id="readerstudy.E002")]
    if open_to_others(Path(settings.PHOTO_KEYS_FILE)):
        hint = f"chmod 600 {settings.PHOTO_KEYS_FILE}"
        return [
            Warning("PHOTO_KEYS_FILE may be read by other accounts of the machine.", hint=hint, id="readerstudy.W001")
        ]
    return []
