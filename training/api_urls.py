from django.urls import path

from training import api

app_name = "training_api"
urlpatterns = [
    path("runs/", api.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", api.Run.as_view(), name="run"),
    path("runs/<int:pk>/cancel/", api.CancelRun.as_view(), name="cancel"),
]
