"""The stored reasons of flags in the language of whoever looks.

``flags.py`` writes finished English sentences, which stay what they are in the database, in files and through the API.
Here a sentence is recognised by its pattern and worded anew; one that nobody knows is shown as it stands.
"""

import re

from django.utils.translation import gettext, gettext_noop

SENTENCES = (
    gettext_noop("The page was left while the face was shown, after %(ms)s ms."),
    gettext_noop("The page was left while the face was shown; nobody knows for how long it was seen."),
    gettext_noop("The page sent no onset or offset."),
    gettext_noop("Shown %(ms)s ms instead of %(requested)s ms."),
    gettext_noop("The page stood still for %(ms)s ms while the face was shown."),
    gettext_noop("The first frame with or without the face was seen %(ms)s ms late."),
    gettext_noop(
        "The face changed its size while it was shown, from %(before)s to %(after)s pixels: the "
        "window was resized or zoomed."
    ),
    gettext_noop("The computer slept for %(s)s s while the face was shown."),
    gettext_noop("The screen's refresh was measured as one frame in %(ms)s ms, which no screen has."),
    gettext_noop("The page says %(ms)s ms, the server's clock allows only %(most)s ms."),
)


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(sentence)))


PATTERNS = [(sentence, _pattern(sentence)) for sentence in SENTENCES]


def worded(flag: str) -> str:
    """``flag`` in the active language."""
    for sentence, pattern in PATTERNS:
        if found := pattern.fullmatch(flag):
            return gettext(sentence) % found.groupdict()
    return flag
