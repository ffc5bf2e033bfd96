from django.urls import path

from training.search import views

urlpatterns = [
    path("", views.search_list, name="searches"),
    path("new/", views.new_search, name="new_search"),
    path("<int:pk>/", views.search_page, name="search"),
    path("<int:pk>/cancel/", views.cancel, name="cancel_search"),
    path("<int:pk>/run/", views.run, name="run_of_search"),
]
