from django.urls import URLPattern, URLResolver

app_name = "screening_api"
urlpatterns: list[URLPattern | URLResolver] = []
