"""What every page knows."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from readerstudy import __version__


def site(request: HttpRequest) -> dict[str, object]:
    is_demo = settings.DEMO and settings.DEBUG
    idle = {"limit": settings.SESSION_IDLE_S, "warn": min(settings.SESSION_WARN_S, settings.SESSION_IDLE_S // 2)}
    return {"IDLE": idle, "DEMO": is_demo, "DEMO_PROGRESS": demo_progress() if is_demo else "", "VERSION": __version__}


def demo_progress() -> str:
    """The last line that ``manage.py demo`` told, for the ribbon over every page."""
    file = Path(settings.DATA_DIR) / "demo-progress.txt"
    return file.read_text() if file.exists() else ""
