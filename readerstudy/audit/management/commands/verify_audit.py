from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.audit.models import AuditEvent
from readerstudy.audit.services import verify_chain


class Command(BaseCommand):
    help = "Checks that no entry of the audit log was changed or removed since it was written."

    def handle(self, *args: Any, **options: Any) -> None:
        if (broken := verify_chain()) is not None:
            raise CommandError(f"The chain of the audit log breaks at entry {broken}.")
        self.stdout.write(f"The audit log is intact: {AuditEvent.objects.count()} entries.")
