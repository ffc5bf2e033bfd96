from django.urls import path

from readerstudy.reading import views

app_name = "reading"
urlpatterns = [
    path("read/", views.studies, name="studies"),
    path("read/<int:pk>/", views.study, name="study"),
    path("read/<int:pk>/consent/", views.consent, name="consent"),
    path("read/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("read/<int:pk>/session/", views.session, name="session"),
    path("read/<int:pk>/preview/", views.preview, name="preview"),
    path("read/<int:pk>/preview/end/", views.end_preview, name="end_preview"),
    path("read/<int:pk>/done/", views.done, name="done"),
]
