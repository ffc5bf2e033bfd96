from django.urls import path

from training import views, views_screen

app_name = "training"
urlpatterns = [
    path("training/", views.run_list, name="list"),
    path("training/new/", views.new_run, name="new"),
    path("training/<int:pk>/", views.run_page, name="run"),
    path("training/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("training/<int:pk>/repeat/", views.repeat, name="repeat"),
    path("training/<int:pk>/scores.csv", views.scores, name="scores"),
    path("screen/", views_screen.desk, name="screen"),
    path("screen/<uuid:token>/", views_screen.result, name="screened"),
    path("screen/<uuid:token>/state.json", views_screen.state, name="screened_state"),
    path("screen/<uuid:token>/face.png", views_screen.face, name="screened_face"),
    path("screen/<uuid:token>/erase/", views_screen.erase, name="screened_erase"),
]
