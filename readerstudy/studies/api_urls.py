from django.urls import URLPattern, URLResolver

app_name = "studies_api"
urlpatterns: list[URLPattern | URLResolver] = []
