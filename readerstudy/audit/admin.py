from django.contrib import admin

from readerstudy.audit.models import AuditEvent, FaceView


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    """To look at only: the database refuses a change anyway."""

    list_display = ["at", "actor", "action", "target"]
    list_filter = ["action"]
    search_fields = ["actor", "target"]
    date_hierarchy = "at"

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(FaceView)
class FaceViewAdmin(AuditEventAdmin):
    list_display = ["at", "who", "subject", "face", "kind", "door"]
    list_filter = ["kind", "door"]
    search_fields = ["who", "subject"]
