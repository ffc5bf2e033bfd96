from django.urls import URLPattern, URLResolver, path

from screening import (
    views,
    views_cases,
    views_cohort,
    views_explorer,
    views_exports,
    views_jobs,
    views_pair,
    views_planner,
    views_runs,
)

app_name = "screening"
HERE = "analysis/<int:study>/<int:pk>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("analysis/", views.index, name="index"),
    path("analysis/planner/", views_planner.planner_page, name="planner"),
    path("analysis/planner/data.csv", views_planner.planner_csv, name="planner_csv"),
    path("analysis/<int:study>/planner/", views_planner.study_planner, name="study_planner"),
    path("analysis/runs/", views_runs.runs, name="runs"),
    path("analysis/cohorts/<int:cohort>/table-1/", views_cohort.table_one, name="cohort_table"),
    path("analysis/cohorts/<int:cohort>/table-1.csv", views_cohort.table_one_csv, name="cohort_table_csv"),
    path("analysis/cohorts/<int:cohort>/matches/", views_cohort.matches, name="cohort_matches"),
    path("analysis/cohorts/<int:cohort>/matches.csv", views_cohort.matches_csv, name="cohort_matches_csv"),
    path("analysis/<int:study>/", views.study, name="study"),
    path("analysis/<int:study>/aids/", views.aids, name="aids"),
    path("analysis/<int:study>/mine/", views.mine, name="mine"),
    path("analysis/<int:study>/answers.csv", views.answers, name="answers"),
    path("analysis/<int:study>/files/", views_exports.files, name="files"),
    path("analysis/<int:study>/files/<str:name>", views_exports.file, name="file"),
    path("analysis/<int:study>/jobs/<int:pk>/", views_jobs.job, name="job"),
    path("analysis/<int:study>/jobs/<int:pk>/state.json", views_jobs.state, name="job_state"),
    path("analysis/<int:study>/jobs/<int:pk>/cancel/", views_jobs.cancel, name="job_cancel"),
    path("analysis/<int:study>/jobs/<int:pk>/again/", views_jobs.again, name="job_again"),
    path("analysis/<int:study>/side-by-side/", views_pair.comparisons, name="pair"),
    path(f"{HERE}runs/", views_pair.runs, name="comparison_runs"),
    path(f"{HERE}change/", views_jobs.change, name="change"),
    path(HERE, views.comparison, name="comparison"),
    path(f"{HERE}cases/", views_cases.case_list, name="cases"),
    path(f"{HERE}cases/<int:number>/", views_cases.case, name="case"),
    path(f"{HERE}explorer/", views_explorer.explorer, name="explorer"),
    path(f"{HERE}explorer/table.json", views_explorer.table, name="explorer_table"),
    path(f"{HERE}report/", views.report, name="report"),
    path(f"{HERE}results.json", views.results, name="results"),
    path(f"{HERE}<slug:name>.csv", views.export, name="export"),
]
