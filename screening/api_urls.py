from django.urls import URLPattern, URLResolver, path

from screening import api

app_name = "screening_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("comparisons/", api.ComparisonList.as_view(), name="comparisons"),
    path("comparisons/<int:pk>/", api.ComparisonDetail.as_view(), name="comparison"),
    path("comparisons/<int:pk>/data/", api.ComparisonData.as_view(), name="data"),
]
