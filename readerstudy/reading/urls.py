from django.urls import path

from readerstudy.reading import views, views_trials

app_name = "reading"
urlpatterns = [
    path("read/", views.studies, name="studies"),
    path("read/preview/", views.preview_new, name="preview_new"),
    path("read/<int:pk>/", views.study, name="study"),
    path("read/<int:pk>/consent/", views.consent, name="consent"),
    path("read/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("read/<int:pk>/session/", views.session, name="session"),
    path("read/<int:pk>/preview/", views.preview, name="preview"),
    path("read/<int:pk>/preview/end/", views.end_preview, name="end_preview"),
    path("read/<int:pk>/done/", views.done, name="done"),
    path("studies/<int:pk>/readers/<int:reader_pk>/trials/", views_trials.trials, name="trials"),
    path("studies/<int:pk>/trials/<int:trial_pk>/void/", views_trials.void, name="void"),
]
