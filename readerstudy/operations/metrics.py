"""Figures for a monitoring system, in Prometheus' text format. Counts and times only, nothing of a person."""

import secrets
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# (figure, what it says, model, the field whose values are counted apart)
COUNTED = [
    ("readerstudy_imports", "Imports by state", "studies.ImportBatch", "status"),
    ("readerstudy_runs", "Training runs by state", "training.TrainingRun", "state"),
    ("readerstudy_folds", "Folds by state", "training.Fold", "state"),
]


class Site(Collector):
    """What the rows and the disk say at the moment of the question."""

    def collect(self) -> Iterator[Metric]:
        for name, says, model, field in COUNTED:
            family = GaugeMetricFamily(name, says, labels=["state"])
            rows = apps.get_model(model)._base_manager.order_by().values_list(field).annotate(Count("pk"))
            for state, count in rows:
                family.add_metric([state], count)
            yield family
        yield from self._reading()
        free = shutil.disk_usage(Path(settings.DATA_DIR)).free
        yield GaugeMetricFamily("readerstudy_disk_free_bytes", "Room left for the data", value=free)
        last = apps.get_model("audit.AuditEvent").objects.filter(action="site.backed_up").last()
        if last:
            age = (timezone.now() - last.at).total_seconds()
            yield GaugeMetricFamily("readerstudy_backup_age_seconds", "Since the last backup", value=age)

    def _reading(self) -> Iterator[Metric]:
        sessions: Any = apps.get_model("reading.ReadingSession").objects
        running = sessions.filter(started_at__isnull=False, finished_at=None, withdrawn_at=None, is_practice=False)
        yield GaugeMetricFamily("readerstudy_sessions_running", "Readings begun, not done", value=running.count())
        recently = timezone.now() - timedelta(minutes=5)
        calls = apps.get_model("reading.Call").objects.filter(received_at__gte=recently).count()
        yield GaugeMetricFamily("readerstudy_calls_5m", "Calls of the last five minutes", value=calls)


def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings METRICS_TOKEN; without such a setting there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not settings.METRICS_TOKEN or not secrets.compare_digest(given, settings.METRICS_TOKEN.encode()):
        raise Http404("No such page.")
    registry = CollectorRegistry()
    registry.register(Site())
    body = generate_latest(registry)
    if settings.SHARED_METRICS:
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)
        body += generate_latest(shared)
    else:
        body += generate_latest(REGISTRY)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)
