"""Every door of the site. The apps are named as strings: the shell imports none of them."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from readerstudy.health import healthz
from readerstudy.languages import Catalogue
from readerstudy.operations.metrics import metrics
from readerstudy.operations.views import StatusView, status

admin.site.login = secure_admin_login(admin.site.login)  # through the one sign-in, with its second step

api = [
    path("", include("readerstudy.studies.api_urls")),
    path("", include("readerstudy.reading.api_urls")),
    path("", include("training.api_urls")),
    path("", include("screening.api_urls")),
    path("status/", StatusView.as_view(), name="api_status"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # Split: its script comes from an address of its own, as the content-security policy asks.
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html"),
        name="api_docs",
    ),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("status/", status, name="status"),
    path("jsi18n/", Catalogue.as_view(), name="jsi18n"),
    path("docs/", include("readerstudy.handbook.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("readerstudy.accounts.urls")),
    path("accounts/", include("readerstudy.accounts.allauth_urls")),
    path("", include("readerstudy.studies.urls")),
    path("", include("readerstudy.reading.urls")),
    path("", include("training.urls")),
    path("", include("screening.urls")),
    path("api/v1/", include(api)),
]
handler500 = "readerstudy.trouble.broken"
