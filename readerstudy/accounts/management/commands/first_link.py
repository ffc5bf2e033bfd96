from typing import Any

from django.core.management.base import BaseCommand

from readerstudy.accounts.services import first_account_link


class Command(BaseCommand):
    help = "Prints the link that makes the first account of an empty site; nothing once there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        if link := first_account_link():
            self.stdout.write(link)
