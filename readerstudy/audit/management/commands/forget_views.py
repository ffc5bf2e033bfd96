from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from readerstudy.audit.views_log import forget_views


class Command(BaseCommand):
    help = "Deletes from the log of who saw which face what is older than FACE_VIEW_DAYS. To be run now and then."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_views()} rows older than {settings.FACE_VIEW_DAYS} days are deleted.")
