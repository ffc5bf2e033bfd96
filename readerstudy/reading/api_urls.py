from django.urls import path

from readerstudy.reading.api import trials, views

app_name = "reading_api"
urlpatterns = [
    path("reading/sessions/<uuid:token>/start/", views.Start.as_view(), name="start"),
    path("reading/sessions/<uuid:token>/next/", views.Next.as_view(), name="next"),
    path("reading/sessions/<uuid:token>/device/", views.Device.as_view(), name="device"),
    path("reading/sessions/<uuid:token>/practice/", views.PracticeRound.as_view(), name="practice"),
    path("reading/sessions/<uuid:token>/note/", views.Noted.as_view(), name="note"),
    path("reading/trials/<uuid:token>/photo/", views.Photo.as_view(), name="photo"),
    path("reading/trials/<uuid:token>/start/", views.ExposureStart.as_view(), name="exposure_start"),
    path("reading/trials/<uuid:token>/exposure/", views.ExposureEnd.as_view(), name="exposure_end"),
    path("reading/trials/<uuid:token>/call/", views.CallGiven.as_view(), name="call"),
    path("reading/trials/<uuid:token>/undo/", views.Undo.as_view(), name="undo"),
    path("reading/trials/<uuid:token>/aid/", views.ModelsOutput.as_view(), name="aid"),
    path("reading/trials/<uuid:token>/forfeit/", views.Forfeit.as_view(), name="forfeit"),
    path("studies/<int:pk>/readers/<int:reader_pk>/trials/", trials.Trials.as_view(), name="trials"),
    path("studies/<int:pk>/trials/<int:trial_pk>/void/", trials.VoidTrial.as_view(), name="void"),
]
