"""Words for the codes of incidents, trials and readers, looked up by code where a page shows one.

Templates write ``{% translate code context "incident" %}``: the codes themselves are the messages. They are listed here
so that the catalogue holds them.
"""

from django.utils.translation import pgettext, pgettext_lazy

INCIDENTS = (
    pgettext_lazy("incident", "left"),
    pgettext_lazy("incident", "hidden"),
    pgettext_lazy("incident", "blur"),
    pgettext_lazy("incident", "freeze"),
    pgettext_lazy("incident", "pagehide"),
    pgettext_lazy("incident", "fullscreen-left"),
    pgettext_lazy("incident", "other-tab"),
    pgettext_lazy("incident", "answer-window-over"),
    pgettext_lazy("incident", "picture-gone"),
    pgettext_lazy("incident", "second-look-refused"),
    pgettext_lazy("incident", "second-close-refused"),
    pgettext_lazy("incident", "second-call-refused"),
    pgettext_lazy("incident", "late-call"),
    pgettext_lazy("incident", "call-refused"),
)
DETAILS = (
    pgettext_lazy("incident", "by"),
    pgettext_lazy("incident", "shown_ms"),
    pgettext_lazy("incident", "stage"),
    pgettext_lazy("incident", "is_gs"),
    pgettext_lazy("incident", "confidence"),
    pgettext_lazy("incident", "syndrome"),
    pgettext_lazy("incident", "response_ms"),
    pgettext_lazy("incident", "idempotency_key"),
    pgettext_lazy("incident", "end"),
    pgettext_lazy("incident", "onset_ms"),
    pgettext_lazy("incident", "offset_ms"),
    pgettext_lazy("incident", "frames"),
    pgettext_lazy("incident", "measures"),
)
TRIALS = (
    pgettext_lazy("trial", "waiting"),
    pgettext_lazy("trial", "shown"),
    pgettext_lazy("trial", "answered"),
    pgettext_lazy("trial", "lost"),
    pgettext_lazy("trial", "void"),
)
READERS = {
    "waiting": pgettext_lazy("reader", "waiting"),
    "reading": pgettext_lazy("reader", "reading"),
    "finished": pgettext_lazy("reader", "finished"),
    "withdrawn": pgettext_lazy("reader", "withdrawn"),
}
SENIORITY = (
    pgettext_lazy("seniority", "senior"),
    pgettext_lazy("seniority", "junior"),
    pgettext_lazy("seniority", "other"),
)
RULES = (
    pgettext_lazy("rule", "exposure ms"),
    pgettext_lazy("rule", "tolerance ms"),
    pgettext_lazy("rule", "call ends exposure"),
    pgettext_lazy("rule", "answer window ms"),
    pgettext_lazy("rule", "confidence"),
    pgettext_lazy("rule", "practice pass percent"),
    pgettext_lazy("rule", "repeats percent"),
    pgettext_lazy("rule", "block length"),
    pgettext_lazy("rule", "washout days"),
    pgettext_lazy("rule", "incident policy"),
    pgettext_lazy("rule", "design"),
    pgettext_lazy("rule", "undo ms"),
    pgettext_lazy("rule", "asks syndrome"),
    pgettext_lazy("rule", "syndromes"),
    pgettext_lazy("rule", "sides"),
    pgettext_lazy("rule", "shows own result"),
    pgettext_lazy("rule", "parts"),
    pgettext_lazy("rule", "is blinded until closed"),
    pgettext_lazy("rule", "none"),
    pgettext_lazy("rule", "five"),
    pgettext_lazy("rule", "hundred"),
    pgettext_lazy("rule", "answer"),
    pgettext_lazy("rule", "represent"),
    pgettext_lazy("rule", "unaided"),
    pgettext_lazy("rule", "sequential"),
    pgettext_lazy("rule", "crossover"),
    pgettext_lazy("rule", "gs_right"),
    pgettext_lazy("rule", "gs_left"),
    pgettext_lazy("rule", "by_reader"),
    pgettext_lazy("rule", "True"),
    pgettext_lazy("rule", "False"),
)


def rule_word(text: str) -> str:
    """The name of a rule of the protocol, or the code of its value, in the active language."""
    return pgettext("rule", text) if text else text
