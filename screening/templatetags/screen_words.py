"""What the page of one new photo needs beside plain numbers."""

from datetime import datetime
from typing import Any

from django import template

from training.models import NewPhoto
from training.services.screen import AFTER_ANSWER

register = template.Library()


@register.filter
def erased_at(photo: NewPhoto) -> datetime | None:
    return photo.ended_at + AFTER_ANSWER if photo.ended_at else None


@register.filter
def dot(face: dict[str, Any]) -> float:
    """Radius of a landmark: seen on any picture, and hiding no eye."""
    return round(max(face["width"], face["height"]) / 110, 1)
