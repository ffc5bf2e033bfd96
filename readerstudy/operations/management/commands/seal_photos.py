import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.operations.sealing import Sealed, seal_all
from readerstudy.refusal import Refused

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Seals every photograph with the newest key, those of an older key too. Begun again, it goes on where it was."
    )
    verb = "sealed with the newest key"

    def work(self) -> Sealed:
        return seal_all(told=self.tell)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self.work()
        except Refused as refused:
            raise CommandError(refused.message) from None
        for problem in found.problems[:SHOWN]:
            self.stderr.write(problem)
        self.stdout.write(self.said(found))
        if found.problems:
            self.stderr.write(f"{len(found.problems)} could not be opened and were left as they are.")
            sys.exit(1)

    def tell(self, found: Sealed) -> None:
        self.stderr.write(self.said(found))

    def said(self, found: Sealed) -> str:
        gone = f", {found.passed} erased or changed meanwhile" if found.passed else ""
        return f"{found.done} {self.verb}, {found.already} were so already{gone}; {found.total} files."
