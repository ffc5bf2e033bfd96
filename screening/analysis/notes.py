"""The notes of the statistics in the page's language.

``screening.statistics`` knows no web and warns in English, and so the notes are stored; here each is known again by
its own words, and the numbers in it are carried over.
"""

import re

from django.utils.translation import gettext, gettext_noop

KNOWN = (
    gettext_noop("%(a)s of %(b)s resamples lacked a class and were dropped."),
    gettext_noop("DeLong's variance is zero at AUC %(a)s (curve %(b)s): it says nothing."),
    gettext_noop(
        "One AUC has zero variance by DeLong (a perfect or constant score): the test takes it as known exactly."
    ),
    gettext_noop("The difference of the two AUCs has zero variance: no test and no interval (NaN)."),
    gettext_noop(
        "Kappa's large-sample variance is zero (full agreement, or a reader with one rating): what it gives is NaN."
    ),
    gettext_noop("%(a)s is the same for all cases: its ROC curve is the diagonal and says nothing."),
    gettext_noop(
        "The figure of %(a)s is %(b)s whichever case is left out: its variance is zero and its interval has no width, "
        "which says nothing."
    ),
    gettext_noop("The variance of a difference between tests is not positive: no test of them (NaN)."),
    gettext_noop("The differences between readers and model do not vary: no test (NaN)."),
    gettext_noop("All values are equal: the Mann-Whitney test is undefined (NaN)."),
    gettext_noop("All ratings are equal: kappa is undefined (NaN)."),
    gettext_noop(
        "There is no discordant pair: McNemar's chi-squared tests are undefined (NaN), the exact p value is 1."
    ),
    gettext_noop("The reader gave the same call to every case: the point lies in a corner of the ROC square."),
    gettext_noop("The difference does not vary between resamples: its interval has no width and says nothing."),
    gettext_noop("%(a)s is undefined: no case to divide by."),
    gettext_noop("A proportion of no cases at all is undefined: NaN."),
    gettext_noop("Every resample gives the same curve: the band has no width and says nothing."),
    gettext_noop("Every resample has the same AUC: the interval has no width and says nothing."),
    gettext_noop("Every resample has the same calibration error: the interval has no width and says nothing."),
    gettext_noop("The difference does not vary between resamples: no test (NaN)."),
    gettext_noop("%(a)s gives the same value in every resample: the test takes it as known exactly."),
    gettext_noop("The score separates the classes: the calibration slope is infinite, its estimate undefined (NaN)."),
    gettext_noop("All ratings are equal: the coefficient is undefined (NaN)."),
    gettext_noop("%(a)s undefined p value(s) stay NaN and do not count as tests."),
    gettext_noop("The partial area lies under the diagonal: McClish's correction is undefined (NaN)."),
    gettext_noop("At threshold %(a)s every resample has the same %(b)s: its interval has no width, use wilson."),
    gettext_noop("A slope needs three values at different places: it is undefined (NaN)."),
    gettext_noop("The values lie on one line: the slope has no interval (NaN)."),
)
SLOT = re.compile(r"%\\\((\w)\\\)s")  # as ``re.escape`` leaves it


def note_words(note: str) -> str:
    """A note that is none of the known ones stays as it is stored."""
    for words in KNOWN:
        if match := _pattern(words).fullmatch(note):
            return gettext(words) % match.groupdict() if match.groupdict() else gettext(words)
    return note


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(SLOT.sub(lambda slot: f"(?P<{slot[1]}>.+)", re.escape(words)))
