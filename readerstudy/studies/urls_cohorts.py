"""The doors of the cohorts. Names live in the namespace ``studies``."""

from django.urls import path

from readerstudy.studies.views import cohorts, face_views, imports, landmarks, likeness, phenopackets, photos

urlpatterns = [
    path("cohorts/", cohorts.cohort_list, name="cohort_list"),
    path("cohorts/new/", cohorts.cohort_new, name="cohort_new"),
    path("cohorts/manifest.csv", imports.manifest_template, name="manifest_template"),
    path("cohorts/<int:pk>/", cohorts.cohort, name="cohort"),
    path("cohorts/<int:pk>/progress/", cohorts.cohort_progress, name="cohort_progress"),
    path("cohorts/<int:pk>/manifest.csv", imports.cohort_manifest, name="cohort_manifest"),
    path("cohorts/<int:pk>/import/", imports.cohort_import, name="cohort_import"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/", imports.import_report, name="import_report"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/state/", imports.import_state, name="import_state"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/report.csv", imports.import_csv, name="import_csv"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("cohorts/<int:pk>/imports/<int:batch_pk>/discard/", imports.import_discard, name="import_discard"),
    path("cohorts/<int:pk>/phenopackets/", phenopackets.packets, name="packets"),
    path("cohorts/<int:pk>/phenopackets.zip", phenopackets.packets_zip, name="packets_zip"),
    path("cohorts/<int:pk>/likeness/", likeness.likeness, name="likeness"),
    path("cohorts/<int:pk>/likeness/decide/", likeness.likeness_decide, name="likeness_decide"),
    path("cohorts/<int:pk>/views/", face_views.face_views, name="face_views"),
    path("cohorts/<int:pk>/views.csv", face_views.face_views_csv, name="face_views_csv"),
    path("cohorts/<int:pk>/review/", photos.review, name="review"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/", photos.photo, name="photo"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/accept/", photos.accept, name="photo_accept"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/refuse/", photos.refuse, name="photo_refuse"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/index/", photos.choose_index, name="photo_index"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/instead/<int:other_pk>/", photos.instead, name="photo_instead"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/landmarks/", landmarks.landmarks, name="photo_landmarks"),
    path("cohorts/<int:pk>/photos/<int:photo_pk>/<slug:kind>/", photos.photo_file, name="photo_file"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/", cohorts.subject, name="subject"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/facts/", cohorts.subject_facts, name="subject_facts"),
    path("cohorts/<int:pk>/subjects/<int:subject_pk>/withdraw/", cohorts.withdraw, name="withdraw"),
]
