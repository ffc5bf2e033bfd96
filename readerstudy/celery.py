"""The Celery application. Tasks are found in every installed app's ``tasks`` module."""

import os

from celery import Celery

from readerstudy import tracing  # noqa: F401 - its signals carry a request's id into the worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

app = Celery("readerstudy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
