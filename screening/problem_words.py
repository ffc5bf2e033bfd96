"""Why a comparison in the making failed, stored in English by the worker, in the language of who looks."""

import re

from django.utils.translation import gettext, gettext_noop

PROGRAM = gettext_noop("The computation ended with an error of the program; the worker's log has the details.")
LOST = gettext_noop(
    "The worker was lost %(times)s times while computing this. The machine may have run out of memory: close other "
    "work on it, or choose fewer replicates, and try again."
)
TIMES = re.compile(r"The worker was lost (?P<times>\d+) times")


def problem_words(problem: str) -> str:
    """A refusal with names and numbers in it stays as it was written."""
    if found := TIMES.match(problem):
        return gettext(LOST) % found.groupdict()
    return gettext(problem) if problem else ""
