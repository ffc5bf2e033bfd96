from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "readerstudy.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from readerstudy.accounts import checks  # noqa: F401  (registers the system check)
