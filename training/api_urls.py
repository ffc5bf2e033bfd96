from django.urls import path

from training import api
from training.search import api as search_api

app_name = "training_api"
urlpatterns = [
    path("runs/", api.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", api.Run.as_view(), name="run"),
    path("runs/<int:pk>/cancel/", api.CancelRun.as_view(), name="cancel"),
    path("searches/", search_api.Searches.as_view(), name="searches"),
    path("searches/<int:pk>/", search_api.OneSearch.as_view(), name="search"),
    path("searches/<int:pk>/cancel/", search_api.CancelSearch.as_view(), name="cancel_search"),
    path("searches/<int:pk>/run/", search_api.RunOfSearch.as_view(), name="run_search"),
]
