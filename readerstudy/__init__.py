"""The Django site that shows each face for ten seconds and records GS / not-GS calls."""

from readerstudy.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
