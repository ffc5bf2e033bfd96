"""Dates as the language of a page writes them.

Templates say ``{{ at|date:"j F Y, H:i" }}`` as an English page has it; a Chinese one has the same parts in its own
order. This filter stands in for Django's in every template (``builtins`` in the settings).
"""

import datetime
from typing import Any

from django import template
from django.template.defaultfilters import date as in_english_order
from django.utils.translation import get_language

register = template.Library()
IN_CHINESE = (
    ("j F Y", "Y年n月j日"),
    ("j M Y", "Y年n月j日"),
    ("j F", "n月j日"),
    ("j M", "n月j日"),
    ("F Y", "Y年n月"),
    ("日, ", "日 "),
)


@register.filter(expects_localtime=True, is_safe=False)
def date(value: Any, form: str | None = None) -> str:
    """``date(day, "j F Y")``: 3 March 2027, or 2027年3月3日."""
    return in_english_order(value, form and as_here(form))


def as_here(form: str) -> str:
    if (get_language() or "").startswith("zh"):
        for english, chinese in IN_CHINESE:
            form = form.replace(english, chinese)
    return form


def worded(day: datetime.date) -> str:
    """The day for a sentence that is made in Python."""
    return date(day, "j F Y")
