from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "readerstudy.operations"
    label = "operations"

    def ready(self) -> None:
        from readerstudy.operations import checks  # noqa: F401  (registers the system check)
