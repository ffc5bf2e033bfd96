from django.urls import URLPattern, URLResolver, path

from screening import api, api_aids, api_blinding, api_cohort, api_exports

app_name = "screening_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/<int:study>/aids/", api_aids.Aids.as_view(), name="aids"),
    path("studies/<int:study>/blinding/", api_blinding.Blinding.as_view(), name="blinding"),
    path("cohorts/<int:cohort>/table-1/", api_cohort.TableOne.as_view(), name="cohort_table"),
    path("cohorts/<int:cohort>/matches/", api_cohort.Matches.as_view(), name="cohort_matches"),
    path("studies/<int:study>/files/", api_exports.Files.as_view(), name="files"),
    path("studies/<int:study>/files/<str:name>", api_exports.File.as_view(), name="file"),
    path("comparisons/", api.ComparisonList.as_view(), name="comparisons"),
    path("comparisons/<int:pk>/", api.ComparisonDetail.as_view(), name="comparison"),
    path("comparisons/<int:pk>/data/", api.ComparisonData.as_view(), name="data"),
]
