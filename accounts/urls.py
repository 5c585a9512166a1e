"""One's own account. Signing in and up, passwords and addresses are allauth's."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/token/", views.token, name="token"),
]
