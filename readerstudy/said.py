"""A finished English sentence in the language of whoever reads it.

Workers store sentences in English, and the engine knows no Django and speaks English only. Each sentence was made from
a template that the catalogue of messages holds ("Row %(number)s, %(column)s: %(error)s"), so it is turned back when it
is shown: the template is found that fits, and its values are put into the translation. What fits none stays as it is.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from django import template
from django.utils.translation import get_language, gettext
from django.utils.translation.trans_real import translation

register = template.Library()

SLOT = re.compile(r"%\((\w+)\)[sd]|%%")
SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
LISTS = (("; ", "；"), (", ", "，"))
LISTED = re.compile(r"(parts?|problem|reason|error|kind|listed|names|how|choices)\d*")
"""Values that may be sentences or lists of phrases themselves; every other one is taken as a whole."""
MOST_MARKS = 6  # of a list, in one of its parts
COUNTED = re.compile(r"(.+) (\d+)")
PHOTOS = re.compile(r"(?P<n>[\d,]+) photos?")
SPAN = re.compile(r"(?P<low>[\d.]+) to (?P<high>[\d.]+)")
LEAST_LETTERS = 3  # of a template's own: with fewer it would fit anything ...
LEAST_AFTER_A_VALUE = 7  # ... and one that begins with a value has to say more
CONTEXT = "\x04"  # gettext's separator between context and message


@dataclass(frozen=True)
class Template:
    start: str  # what stands before the first value
    shape: re.Pattern[str]
    translated: str
    last: str = ""  # the value at the very end, if one stands there

    def filled(self, sentence: str) -> str | None:
        if not sentence.startswith(self.start) or not (found := self.shape.fullmatch(sentence)):
            return None
        if self.last and not LISTED.fullmatch(self.last) and re.search("[,;] ", found[self.last]):
            return None  # the sentence is a list, and the value would swallow the rest of it
        values = {name: _value(name, value) for name, value in found.groupdict().items()}
        return SLOT.sub(lambda slot: values[slot[1]] if slot[1] else "%", self.translated)


@register.filter
def said(sentence: object) -> str:
    """``sentence`` in the active language, as far as the catalogue knows what it was made from."""
    text = str(sentence)
    language = get_language()
    if not text.strip() or language is None or language.startswith("en"):
        return text
    return _said(language, text)


@register.filter
def named(diagnosis: object) -> str:
    """A syndrome's name in the active language; whoever wrote the manifest may have left the word syndrome out."""
    text = str(diagnosis)
    return _name(text) or text


@lru_cache(maxsize=4096)
def _said(language: str, text: str) -> str:
    if (whole := _whole(language, text)) is not None:
        return whole
    if SENTENCE_END.search(text):
        return _sentence_by_sentence(language, text)
    for mark, joint in LISTS:
        if (listed := _listed(language, text.split(mark), mark)) is not None:
            return joint.join(listed)
    return text


def _listed(language: str, parts: list[str], mark: str) -> list[str] | None:
    """The parts of a list, where at least one is known; a part may hold the mark itself."""
    told, is_known, at = [], False, 0
    while at < len(parts):
        ends = range(at + 1, min(len(parts), at + MOST_MARKS) + 1)
        heads = ((end, _whole(language, mark.join(parts[at:end]))) for end in ends)
        end, head = next(((end, head) for end, head in heads if head is not None), (at + 1, None))
        is_known = is_known or head is not None
        told.append(head if head is not None else _said(language, parts[at]) if len(parts) > 1 else parts[at])
        at = end
    return told if is_known else None


def _sentence_by_sentence(language: str, text: str) -> str:
    """The longest beginning that is known, then the rest; a first sentence that is unknown stays."""
    ends = list(SENTENCE_END.finditer(text))
    for end in reversed(ends):
        if (head := _whole(language, text[: end.start()])) is not None:
            return head + end[0].replace(" ", "") + _said(language, text[end.end() :])
    first = ends[0]
    return text[: first.end()] + _said(language, text[first.end() :])


def _name(text: str) -> str | None:
    for spelt in (text, f"{text} syndrome") if text.strip() else ():
        if (translated := gettext(spelt)) != spelt:
            return translated
    return None


def _whole(language: str, text: str) -> str | None:
    if (translated := gettext(text)) != text:
        return translated
    if (found := COUNTED.fullmatch(text)) and (name := _name(found[1])):  # "girl 12"
        return f"{name} {found[2]}"
    if found := PHOTOS.fullmatch(text):
        return gettext("%(n)s photos") % found.groupdict()
    if found := SPAN.fullmatch(text):
        return gettext("%(low)s to %(high)s") % found.groupdict()
    return next((filled for one in _templates(language) if (filled := one.filled(text)) is not None), None)


def _value(name: str, value: str) -> str:
    language = get_language() or ""
    if LISTED.fullmatch(name):
        return _said(language, value)
    return (_whole(language, value) if " " in value else None) or value


@lru_cache(maxsize=4)
def _templates(language: str) -> list[Template]:
    """Those of the catalogue that take values, in the order in which they are tried.

    One that begins with words of its own comes before one that begins with a value, and the most wordy comes first.
    """
    found: list[tuple[bool, int, Template]] = []
    for key, translated in translation(language)._catalog.items():
        message = key[0] if isinstance(key, tuple) else key
        words = SLOT.sub("", message)
        least = LEAST_AFTER_A_VALUE if message.startswith("%(") else LEAST_LETTERS
        is_template = ("%(" in message or "%%" in message) and sum(map(str.isalpha, words)) >= least
        if translated and is_template and CONTEXT not in message:
            found.append((message.startswith("%("), -len(words), _template(message, translated)))
    return [one for *_order, one in sorted(found, key=lambda each: each[:2])]


def _template(message: str, translated: str) -> Template:
    shape, names, at, name = "", set(), 0, ""
    for slot in SLOT.finditer(message):
        shape += re.escape(message[at : slot.start()])
        name, at = slot[1], slot.end()
        shape += "%" if not name else f"(?P={name})" if name in names else f"(?P<{name}>.+?)"
        names.add(name)
    start = SLOT.split(message, maxsplit=1)[0]
    whole = re.compile(shape + re.escape(message[at:]), re.DOTALL)
    return Template(start, whole, translated, last=name if names and at == len(message) else "")
