from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "readerstudy.operations"
    label = "operations"
