from django.contrib.auth.views import LogoutView
from django.urls import path

from readerstudy.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),  # POST only
    path("profile/", views.profile, name="profile"),
    path("password/", views.password, name="password"),
    path("token/", views.token, name="token"),
    path("first/", views.first, name="first"),
    path("demo/", views.demo, name="demo"),
    path("demo/<slug:role>/", views.demo_sign_in, name="demo_sign_in"),
]
