from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm

from readerstudy.accounts.models import User

# Secrets of second factors are nobody's to look at, and the provider stands in the settings.
for model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People. Roles within a study are given in the study, where blinding is checked."""

    add_form = NewUserForm
    ordering = ["email"]
    list_display = ["email", "name", "may_coordinate", "is_simulated", "is_staff", "is_active", "last_login"]
    list_filter = ["may_coordinate", "is_simulated", "is_staff", "is_active"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "joined_at", "is_simulated"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("May", {"fields": ["is_active", "may_coordinate", "is_staff", "is_superuser"]}),
        ("Facts", {"fields": ["is_simulated", "joined_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False  # people are switched off, not removed: their readings stay
