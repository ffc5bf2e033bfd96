"""How numbers are written on the analysis pages."""

from datetime import datetime
from typing import Any

from django import template

from screening.analysis.words import said, span

register = template.Library()


@register.filter
def percent(value: float | None) -> str:
    return "–" if value in (None, "") else f"{100 * value:.1f}\u00a0%"


@register.filter
def level(value: float | None) -> str:
    """95 %, 2.5 %: a chosen share, without decimals that say nothing."""
    return "–" if value in (None, "") else f"{100 * value:g}\u00a0%"


@register.filter
def level0(value: float | None) -> str:
    """A power: whole per cent are all it is good for."""
    return "–" if value is None else f"{100 * value:.0f}\u00a0%"


@register.filter
def rate(value: float | None) -> str:
    """Four decimals, as in the paper's Table 2."""
    return "–" if value in (None, "") else f"{value:.4f}"


@register.filter
def three(value: float | None) -> str:
    return "–" if value in (None, "") else f"{value:.3f}"


@register.filter
def limits(estimate: dict[str, Any] | None) -> str:
    """``0.8282–0.9137``, or the SD of a summary over folds."""
    if not estimate:
        return ""
    if "sd" in estimate and "lower" not in estimate:
        return f"± {estimate['sd']:.4f}"
    return "" if estimate["lower"] is None else f"{estimate['lower']:.4f}–{estimate['upper']:.4f}"


@register.filter
def middle(estimate: dict[str, Any] | None) -> float | None:
    """The value of an estimate or the mean of a summary."""
    if not estimate:
        return None
    return estimate.get("value", estimate.get("mean"))


@register.filter
def p(value: float | None) -> str:
    if value in (None, ""):
        return "–"
    return "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


@register.filter
def points(value: float | None) -> str:
    """A difference of two rates in percentage points, with its sign."""
    return "–" if value in (None, "") else f"{100 * value:+.1f}"


@register.filter
def signed(value: float | None) -> str:
    """A difference with its sign, in the four decimals of Table 2."""
    return "–" if value is None else f"{value:+.4f}".replace("-", "−")


@register.filter
def seconds(ms: float | None) -> str:
    return "–" if ms in (None, "") else f"{ms / 1000:.1f} s"


@register.filter
def when(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def in_words(code: str) -> str:
    """A code of a stored result in the page's language."""
    return said(code)


@register.filter
def with_limits(estimate: dict[str, Any] | None) -> str:
    """``0.944 (0.924 to 0.963)``, in three decimals."""
    if not estimate:
        return "–"
    value = three(estimate["value"])
    if estimate["lower"] is None:
        return value
    return f"{value} ({span(three(estimate['lower']), three(estimate['upper']))})"
