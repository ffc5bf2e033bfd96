from typing import Any

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "readerstudy.audit"
    label = "audit"
    verbose_name = "Audit"

    def record(self, action: str, **what: Any) -> None:
        """``audit.services.record`` for the neighbour room, accounts, which may not import this one."""
        from readerstudy.audit.services import record

        record(action, **what)
