from django.urls import URLPattern

app_name = "remixer"
urlpatterns: list[URLPattern] = []
