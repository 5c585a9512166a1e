"""The account page. The addresses of signing in and up are allauth's, in creatorhub/urls.py."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/token/", views.token, name="token"),
]
