from django.urls import URLPattern, URLResolver, path

from screening import views, views_cohort, views_exports, views_imports, views_planner, views_report, views_runs

app_name = "screening"
HERE = "analysis/<int:study>/<int:pk>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("analysis/", views.index, name="index"),
    path("analysis/planner/", views_planner.planner_page, name="planner"),
    path("analysis/planner/data.csv", views_planner.planner_csv, name="planner_csv"),
    path("analysis/<int:study>/planner/", views_planner.study_planner, name="study_planner"),
    path("analysis/runs/", views_runs.runs, name="runs"),
    path("analysis/import/", views_imports.new, name="import_new"),
    path("analysis/import/<int:pk>/", views_imports.show, name="import"),
    path("analysis/import/<int:pk>/decide/", views_imports.decide, name="import_decide"),
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
    path(HERE, views.comparison, name="comparison"),
    path(f"{HERE}cases/", views.case_list, name="cases"),
    path(f"{HERE}report/", views_report.report, name="report"),
    path(f"{HERE}report.<str:kind>", views_report.report_file, name="report_file"),
    path(f"{HERE}results.json", views.results, name="results"),
    path(f"{HERE}<slug:name>.csv", views.export, name="export"),
]
