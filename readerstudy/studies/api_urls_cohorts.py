"""The import door under /api/v1/. Names live in the namespace ``studies_api``."""

from django.urls import path

from readerstudy.studies import api_cohorts as api
from readerstudy.studies import api_face_views, api_likeness, api_phenopackets, api_uploads
from readerstudy.studies import api_photos as photos

urlpatterns = [
    path("cohorts/", api.Cohorts.as_view(), name="cohorts"),
    path("cohorts/<int:pk>/", api.CohortDetail.as_view(), name="cohort"),
    path("cohorts/<int:pk>/imports/", api.Imports.as_view(), name="imports"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/", api.ImportDetail.as_view(), name="import"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/lines/", api.ImportLines.as_view(), name="import_lines"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/confirm/", api.ImportConfirm.as_view(), name="import_confirm"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/discard/", api.ImportDiscard.as_view(), name="import_discard"),
    path("cohorts/<int:pk>/uploads/", api_uploads.Uploads.as_view(), name="uploads"),
    path("cohorts/<int:pk>/uploads/<int:batch_pk>/files/", api_uploads.UploadFiles.as_view(), name="upload_files"),
    path(
        "cohorts/<int:pk>/uploads/<int:batch_pk>/complete/",
        api_uploads.UploadComplete.as_view(),
        name="upload_complete",
    ),
    path("cohorts/<int:pk>/subjects/", api.Subjects.as_view(), name="subjects"),
    path("cohorts/<int:pk>/likeness/", api_likeness.Likeness.as_view(), name="likeness"),
    path("cohorts/<int:pk>/views/", api_face_views.FaceViews.as_view(), name="face_views"),
    path("cohorts/<int:pk>/phenopackets/", api_phenopackets.Phenopackets.as_view(), name="packets"),
    path("cohorts/<int:pk>/photos/", photos.Photos.as_view(), name="photos"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/", photos.PhotoDetail.as_view(), name="photo"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/accept/", photos.Accept.as_view(), name="photo_accept"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/refuse/", photos.Refuse.as_view(), name="photo_refuse"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/index/", photos.ChooseIndex.as_view(), name="photo_index"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/instead/", photos.Instead.as_view(), name="photo_instead"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/landmarks/", photos.Landmarks.as_view(), name="photo_landmarks"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/file/<slug:kind>/", photos.PhotoFile.as_view(), name="photo_file"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/", api.SubjectDetail.as_view(), name="subject"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/facts/", api.Facts.as_view(), name="subject_facts"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/withdraw/", api.Withdraw.as_view(), name="withdraw"),
]
