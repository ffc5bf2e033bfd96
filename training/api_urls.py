from django.urls import URLPattern, URLResolver

app_name = "training_api"
urlpatterns: list[URLPattern | URLResolver] = []
