from django.urls import URLPattern, URLResolver, path

from screening import views, views_blinding, views_cohort, views_exports, views_runs

app_name = "screening"
HERE = "analysis/<int:study>/<int:pk>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("analysis/", views.index, name="index"),
    path("analysis/runs/", views_runs.runs, name="runs"),
    path("analysis/cohorts/<int:cohort>/table-1/", views_cohort.table_one, name="cohort_table"),
    path("analysis/cohorts/<int:cohort>/table-1.csv", views_cohort.table_one_csv, name="cohort_table_csv"),
    path("analysis/cohorts/<int:cohort>/matches/", views_cohort.matches, name="cohort_matches"),
    path("analysis/cohorts/<int:cohort>/matches.csv", views_cohort.matches_csv, name="cohort_matches_csv"),
    path("analysis/<int:study>/", views.study, name="study"),
    path("analysis/<int:study>/aids/", views.aids, name="aids"),
    path("analysis/<int:study>/unblind/", views_blinding.unblind, name="unblind"),
    path("analysis/<int:study>/mine/", views.mine, name="mine"),
    path("analysis/<int:study>/answers.csv", views.answers, name="answers"),
    path("analysis/<int:study>/files/", views_exports.files, name="files"),
    path("analysis/<int:study>/files/<str:name>", views_exports.file, name="file"),
    path(HERE, views.comparison, name="comparison"),
    path(f"{HERE}cases/", views.case_list, name="cases"),
    path(f"{HERE}report/", views.report, name="report"),
    path(f"{HERE}results.json", views.results, name="results"),
    path(f"{HERE}<slug:name>.csv", views.export, name="export"),
]
