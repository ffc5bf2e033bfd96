"""The coordinator's doors, the front door and the help pages."""

from django.urls import path

from readerstudy.studies.views import home

urlpatterns = [
    path("", home.home, name="home"),
    path("help/<slug:role>/", home.help_page, name="help"),
]
