from django.urls import path

from readerstudy.handbook import views

app_name = "handbook"
urlpatterns = [
    path("", views.page, name="index"),
    path("search/", views.search, name="search"),
    path("files/<path:name>", views.file, name="file"),
    path("<slug:slug>/", views.page, name="page"),
]
