"""Those doors of django-allauth that this site has, under the names allauth knows them by; there are no others."""

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.urls import include, path
from django.views.generic import RedirectView

from readerstudy.accounts import oidc, views, views_passkeys

ACCOUNT = RedirectView.as_view(pattern_name="accounts:profile")
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("join/", views.closed, name="account_signup"),
    path("again/", ReauthenticateView.as_view(template_name="accounts/again.html"), name="account_reauthenticate"),
    path(
        "again/code/", ReauthenticateByCodeView.as_view(template_name="accounts/again.html"), name="mfa_reauthenticate"
    ),
    path("again/passkey/", views_passkeys.Again.as_view(), name="mfa_reauthenticate_webauthn"),
    path("second-step/", views_passkeys.SecondStep.as_view(), name="mfa_authenticate"),
    path("factors/", ACCOUNT, name="mfa_index"),
    path("factors/app/", ActivateTOTPView.as_view(template_name="accounts/app_add.html"), name="mfa_activate_totp"),
    path(
        "factors/app/remove/",
        DeactivateTOTPView.as_view(template_name="accounts/app_remove.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "factors/codes/",
        ViewRecoveryCodesView.as_view(template_name="accounts/codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "factors/codes/new/",
        GenerateRecoveryCodesView.as_view(template_name="accounts/codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path("passkeys/", ACCOUNT, name="mfa_list_webauthn"),
    path("passkeys/add/", views_passkeys.Add.as_view(), name="mfa_add_webauthn"),
    path("passkeys/sign-in/", views_passkeys.SignIn.as_view(), name="mfa_login_webauthn"),
    path("passkeys/<int:pk>/name/", views_passkeys.Rename.as_view(), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", views_passkeys.Remove.as_view(), name="mfa_remove_webauthn"),
]
if oidc.is_installed():
    urlpatterns.append(path("", include("allauth.socialaccount.providers.openid_connect.urls")))
