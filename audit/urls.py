"""What everybody may know about the log."""

from django.urls import path

from audit import views

app_name = "log"
urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/verify_receipt.py", views.verifier, name="verifier"),
]
