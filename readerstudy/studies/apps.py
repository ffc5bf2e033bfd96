from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "readerstudy.studies"
    label = "studies"
    verbose_name = "Studies"

    def is_invited(self, address: str) -> bool:
        """Whether an open invitation waits for ``address``; asked by accounts, which may not import this room."""
        from django.utils import timezone

        from readerstudy.studies.models import Invitation

        waiting = Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        return waiting.filter(email__iexact=address, expires_at__gt=timezone.now()).exists()
