from typing import Any

from django.core.management.base import BaseCommand

from screening.exports.handbook import lines


class Command(BaseCommand):
    help = "Writes docs/data.md: every column of every exported table, with its kind, unit and meaning."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("".join(lines()), ending="")
