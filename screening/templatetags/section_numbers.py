"""How numbers are written in the sections of the comparison page."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from screening.analysis.time import ratio_percent
from screening.analysis.words import MODEL, NONE, READER, WHO, span

register = template.Library()
NOTHING = "–"


def _between(found: dict[str, Any] | None, form: str, scale: float = 1.0) -> str:
    if not found or found.get("lower") is None:
        return ""
    return span(*(form.format(scale * found[limit]).replace("-", "−") for limit in ("lower", "upper")))


@register.filter
def two(value: float | None) -> str:
    return NOTHING if value in (None, "") else f"{value:.2f}".replace("-", "−")


@register.filter
def between(found: dict[str, Any] | None) -> str:
    """``0.31 to 0.41``, of a coefficient: a large-sample limit beyond 1 is written as 1."""
    if found and found.get("upper") is not None:
        found = found | {"upper": min(found["upper"], 1.0)}
    return _between(found, "{:.2f}")


@register.filter
def between_percent(found: dict[str, Any] | None) -> str:
    """``31.3 to 40.0``, per cent."""
    return _between(found, "{:.1f}", 100)


@register.filter
def between_points(found: dict[str, Any] | None) -> str:
    """``−1.2 to +3.4``, percentage points."""
    return _between(found, "{:+.1f}", 100)


@register.filter
def between_areas(found: dict[str, Any] | None) -> str:
    """``−0.012 to +0.034``"""
    return _between(found, "{:+.3f}")


@register.filter
def area(value: float | None) -> str:
    """A difference of two areas, with its sign."""
    return NOTHING if value in (None, "") else f"{value:+.3f}".replace("-", "−")


@register.filter
def signed_points(value: float | None) -> str:
    return NOTHING if value in (None, "") else f"{100 * value:+.1f}".replace("-", "−")


@register.filter
def in_points(share: float) -> str:
    """``5 points``"""
    return _("%(n)s points") % {"n": f"{100 * share:g}"}


@register.filter
def change(log_change: float | None) -> str:
    """A change of a logarithm in per cent."""
    return NOTHING if log_change in (None, "") else f"{ratio_percent(log_change):+.0f}".replace("-", "−")


@register.filter
def between_changes(found: dict[str, Any] | None) -> str:
    if not found or found.get("lower") is None:
        return ""
    return span(change(found["lower"]), change(found["upper"]))


@register.filter
def milliseconds(value: float | None) -> str:
    return NOTHING if value in (None, "") else f"{value:,.0f}".replace(",", "\u202f")


@register.filter
def signed_ms(value: float | None) -> str:
    return NOTHING if value in (None, "") else f"{value:+.1f}".replace("-", "−")


@register.filter
def better(says: str) -> str:
    """Who does better by a rule or a test."""
    return str(WHO[says] if says in (MODEL, READER) else WHO[NONE])
