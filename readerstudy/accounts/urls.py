from django.contrib.auth import views as auth
from django.urls import path

from readerstudy.accounts import views
from readerstudy.accounts.language import choose

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign_out"),  # POST only
    path("language/", choose, name="language"),
    path("session/", views.session, name="session"),
    path("profile/", views.profile, name="profile"),
    path("password/", views.password, name="password"),
    path("password/forgotten/", views.PasswordReset.as_view(), name="password_reset"),
    path(
        "password/forgotten/sent/",
        auth.PasswordResetDoneView.as_view(template_name="accounts/reset_sent.html"),
        name="password_reset_done",
    ),
    path("password/new/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    path("keys/", views.new_key, name="new_key"),
    path("keys/<int:pk>/revoke/", views.revoke_key, name="revoke_key"),
    path("first/", views.first, name="first"),
    path("demo/", views.demo, name="demo"),
    path("demo/<slug:role>/", views.demo_sign_in, name="demo_sign_in"),
]
