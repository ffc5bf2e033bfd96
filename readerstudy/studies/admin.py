"""Read-mostly: what the pages of the coordinator check (freezing, blinding) must not be gone round here."""

from django.contrib import admin

from readerstudy.studies import models


class LookOnly(admin.ModelAdmin):
    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


class LookOnlyInline(LookOnly, admin.TabularInline):
    extra = 0

    def __init__(self, parent_model: type, admin_site: admin.AdminSite) -> None:
        admin.TabularInline.__init__(self, parent_model, admin_site)


class ProtocolInline(LookOnlyInline):
    model = models.Protocol


class MembershipInline(LookOnlyInline):
    model = models.Membership


class ReaderInline(LookOnlyInline):
    model = models.Reader


@admin.register(models.Study)
class StudyAdmin(LookOnly):
    list_display = ["name", "cohort", "status", "opened_at", "closed_at"]
    list_filter = ["status"]
    search_fields = ["name"]
    inlines = [ProtocolInline, MembershipInline, ReaderInline]


@admin.register(models.Invitation)
class InvitationAdmin(LookOnly):
    list_display = ["email", "role", "study", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_filter = ["role"]
    exclude = ["token_hash"]


@admin.register(models.Cohort)
class CohortAdmin(LookOnly):
    list_display = ["name", "kind", "created_by", "created_at"]
    list_filter = ["kind"]


@admin.register(models.Subject)
class SubjectAdmin(LookOnly):
    list_display = ["code", "cohort", "has_syndrome", "diagnosis", "orpha", "sex", "age_months", "consent_withdrawn_at"]
    list_filter = ["cohort", "has_syndrome"]
    search_fields = ["code", "diagnosis"]


@admin.register(models.Photo)
class PhotoAdmin(LookOnly):
    list_display = ["original_name", "subject", "cohort", "status", "is_index"]
    list_filter = ["cohort", "status"]
    search_fields = ["original_name", "subject__code"]


@admin.register(models.Resemblance)
class ResemblanceAdmin(LookOnly):
    list_display = ["first", "second", "is_same_child", "decided_by", "decided_at"]
    list_filter = ["is_same_child"]


@admin.register(models.ImportBatch)
class ImportBatchAdmin(LookOnly):
    list_display = ["id", "cohort", "status", "done", "total", "created_at"]
    list_filter = ["status"]
