"""The account page. The addresses of signing in and up are allauth's, in creatorhub/urls.py."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/tokens/new/", views.token_new, name="token_new"),
    path("account/tokens/<uuid:uuid>/end/", views.token_end, name="token_end"),
    path("account/delete/", views.delete, name="delete"),
    path("account/export/", views.export, name="export"),
    path("account/export/status/", views.export_status, name="export_status"),
    path("account/export/<uuid:uuid>/", views.export_file, name="export_file"),
    path("account/keep/", views.keep, name="keep"),
    path("account/sessions/", views.sessions, name="sessions"),
    path("account/sessions/<int:pk>/end/", views.session_end, name="session_end"),
    path("account/send-confirmation/", views.send_confirmation, name="send_confirmation"),
]
