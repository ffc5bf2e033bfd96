from django.urls import URLPattern, URLResolver, path

from screening import (
    api,
    api_aids,
    api_blinding,
    api_cohort,
    api_explorer,
    api_exports,
    api_imports,
    api_jobs,
    api_planner,
    api_report,
    api_screen,
)

app_name = "screening_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("planner/", api_planner.Planner.as_view(), name="planner"),
    path("studies/<int:study>/planner/", api_planner.StudyPlanner.as_view(), name="study_planner"),
    path("studies/<int:study>/aids/", api_aids.Aids.as_view(), name="aids"),
    path("studies/<int:study>/blinding/", api_blinding.Blinding.as_view(), name="blinding"),
    path("cohorts/<int:cohort>/table-1/", api_cohort.TableOne.as_view(), name="cohort_table"),
    path("cohorts/<int:cohort>/matches/", api_cohort.Matches.as_view(), name="cohort_matches"),
    path("studies/<int:study>/files/", api_exports.Files.as_view(), name="files"),
    path("studies/<int:study>/files/<str:name>", api_exports.File.as_view(), name="file"),
    path("comparison-jobs/<int:pk>/", api_jobs.Job.as_view(), name="job"),
    path("comparison-jobs/<int:pk>/cancel/", api_jobs.CancelJob.as_view(), name="job_cancel"),
    path("comparisons/<int:pk>/report.<str:kind>", api_report.ReportFile.as_view(), name="report"),
    path("study-imports/", api_imports.Imports.as_view(), name="imports"),
    path("screen/", api_screen.NewPhotos.as_view(), name="new_photos"),
    path("screen/<uuid:token>/", api_screen.OneNewPhoto.as_view(), name="new_photo"),
    path("screen/<uuid:token>/keep/", api_screen.KeepNewPhoto.as_view(), name="keep_new_photo"),
    path("comparisons/", api.ComparisonList.as_view(), name="comparisons"),
    path("comparisons/<int:pk>/", api.ComparisonDetail.as_view(), name="comparison"),
    path("comparisons/<int:pk>/explorer/", api_explorer.Explorer.as_view(), name="explorer"),
    path("comparisons/<int:pk>/data/", api.ComparisonData.as_view(), name="data"),
]
