"""Uploading and renaming videos, and their files for their owner."""

from django.urls import path

from library import views

app_name = "library"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("videos/<uuid:uuid>/rename/", views.video_rename, name="video_rename"),
    path("videos/<uuid:uuid>/retry/", views.video_retry, name="video_retry"),
    path("videos/<uuid:uuid>/ingest/", views.ingest_status, name="ingest_status"),
    path("videos/<uuid:uuid>/file/", views.video_file, name="video_file"),
    path("videos/<uuid:uuid>/poster/", views.poster, name="poster"),
]
