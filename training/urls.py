from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("training/", views.run_list, name="list"),
    path("training/new/", views.new_run, name="new"),
    path("training/<int:pk>/", views.run_page, name="run"),
    path("training/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("training/<int:pk>/repeat/", views.repeat, name="repeat"),
    path("training/<int:pk>/scores.csv", views.scores, name="scores"),
]
