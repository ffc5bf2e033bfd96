"""Why looks were flagged and which incidents there were, in the page's language: both are stored in English."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext_lazy

# As ``screening.recorded`` counts them: the sentences of ``readerstudy.reading.flags`` with their numbers taken out.
REASONS = (
    gettext_noop("The page was left while the face was shown, after … ms."),
    gettext_noop("The page was left while the face was shown; nobody knows for how long it was seen."),
    gettext_noop("The page sent no onset or offset."),
    gettext_noop("Shown … ms instead of … ms."),
    gettext_noop("The page stood still for … ms while the face was shown."),
    gettext_noop("The first frame with or without the face was seen … ms late."),
    gettext_noop("The face changed its size while it was shown, from … to … pixels: the window was resized or zoomed."),
    gettext_noop("The computer slept for … s while the face was shown."),
    gettext_noop("The screen's refresh was measured as one frame in … ms, which no screen has."),
    gettext_noop("The page says … ms, the server's clock allows only … ms."),
)


def reason_words(reason: str) -> str:
    return _(reason) if reason in REASONS else reason


# The kinds are short codes; in English they are shown as they are.
INCIDENTS = {
    "left": pgettext_lazy("an incident", "left"),
    "hidden": pgettext_lazy("an incident", "hidden"),
    "blur": pgettext_lazy("an incident", "blur"),
    "fullscreen-left": pgettext_lazy("an incident", "fullscreen-left"),
    "pagehide": pgettext_lazy("an incident", "pagehide"),
    "freeze": pgettext_lazy("an incident", "freeze"),
    "other-tab": pgettext_lazy("an incident", "other-tab"),
    "late-call": pgettext_lazy("an incident", "late-call"),
    "answer-window-over": pgettext_lazy("an incident", "answer-window-over"),
    "picture-gone": pgettext_lazy("an incident", "picture-gone"),
    "second-call-refused": pgettext_lazy("an incident", "second-call-refused"),
    "second-close-refused": pgettext_lazy("an incident", "second-close-refused"),
    "second-look-refused": pgettext_lazy("an incident", "second-look-refused"),
}


def incident_words(kind: str) -> str:
    return _("Incident: %(kind)s") % {"kind": INCIDENTS.get(kind, kind)}
