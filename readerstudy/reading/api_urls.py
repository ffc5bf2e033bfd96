from django.urls import URLPattern, URLResolver

app_name = "reading_api"
urlpatterns: list[URLPattern | URLResolver] = []
