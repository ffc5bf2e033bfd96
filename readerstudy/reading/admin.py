"""What was read may be looked at here and changed nowhere."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from readerstudy.reading import models
from readerstudy.studies.selectors.blinding import waiting_studies


class LookOnly(admin.ModelAdmin):
    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(models.ReadingSession)
class ReadingSessionAdmin(LookOnly):
    list_display = ["reader", "arm", "occasion", "is_practice", "started_at", "finished_at", "withdrawn_at"]
    list_filter = ["is_practice", "arm"]


@admin.register(models.Exposure)
class ExposureAdmin(LookOnly):
    list_display = ["trial", "started_at", "end", "requested_ms", "onset_ms", "offset_ms", "flags"]
    list_filter = ["end"]


@admin.register(models.Call)
class CallAdmin(LookOnly):
    """Answers, without those of studies whose results still wait: this site's truth is one page away."""

    list_display = ["trial", "revision", "is_gs", "confidence", "response_ms", "input", "received_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Call]:
        return super().get_queryset(request).exclude(trial__session__reader__study__in=waiting_studies())


@admin.register(models.Incident)
class IncidentAdmin(LookOnly):
    list_display = ["at", "kind", "session", "trial", "detail"]
    list_filter = ["kind"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Incident]:
        """A refused answer is an answer, too."""
        return super().get_queryset(request).exclude(session__reader__study__in=waiting_studies())
