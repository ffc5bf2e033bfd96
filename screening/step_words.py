"""What a worker wrote about a comparison in the making, in English, in the language of who follows it."""

import re

from django.utils.translation import gettext, gettext_noop

STEPS = (
    gettext_noop("Reading the calls"),
    gettext_noop("The model's curve and its band"),
    gettext_noop("The readers as a group"),
    gettext_noop("Storing the result"),
)
READER = re.compile(r"(?P<reader>.+) against the model")
PROBLEMS = (
    gettext_noop("The computation ended with an error of the program; the worker's log has the details."),
    gettext_noop(
        "The worker was lost %(times)s times while computing this. The machine may have run out of memory: close other "
        "work on it, or choose fewer replicates, and try again."
    ),
)
LOST = re.compile(r"The worker was lost (?P<times>\d+) times")


def step_words(step: str) -> str:
    if found := READER.fullmatch(step):
        return gettext("%(reader)s against the model") % found.groupdict()
    return gettext(step) if step else ""


def problem_words(problem: str) -> str:
    """A refusal that has names and numbers in it stays as it was written."""
    if found := LOST.match(problem):
        return gettext(PROBLEMS[1]) % found.groupdict()
    return gettext(problem) if problem else ""
