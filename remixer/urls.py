from django.urls import path

from remixer import views

app_name = "remixer"
urlpatterns = [
    # Videos that can be remixed
    path("remix/", views.gallery, name="gallery"),
    path("remix/<uuid:uuid>/", views.editor, name="editor"),
    path("remix/<uuid:uuid>/preview.jpg", views.preview, name="preview"),
    path("remix/<uuid:uuid>/poster.jpg", views.source_poster, name="source_poster"),
    path("remix/<uuid:uuid>/clip.mp4", views.source_clip, name="source_clip"),
    # Memes
    path("memes/", views.my_memes, name="my_memes"),
    path("memes/<uuid:uuid>/", views.meme, name="meme"),
    path("memes/<uuid:uuid>/meme.mp4", views.meme_file, name="meme_file"),
    path("memes/<uuid:uuid>/poster.jpg", views.meme_poster, name="meme_poster"),
    path("memes/<uuid:uuid>/download/", views.meme_download, name="meme_download"),
    path("memes/<uuid:uuid>/status/", views.meme_status, name="meme_status"),
    path("memes/<uuid:uuid>/cancel/", views.cancel, name="cancel"),
    path("memes/<uuid:uuid>/retry/", views.retry, name="retry"),
    path("memes/<uuid:uuid>/remove/", views.remove, name="remove"),
    path("memes/<uuid:uuid>/report/", views.report_meme, name="report_meme"),
    path("remix/<uuid:uuid>/report/", views.report_video, name="report_video"),
    path("memes/<uuid:uuid>/appeal/", views.appeal_takedown, name="appeal_takedown"),
    path("holds/<uuid:uuid>/appeal/", views.appeal_hold, name="appeal_hold"),
    path("reports/", views.my_reports, name="my_reports"),
    # Memes of a creator's videos
    path("memes/<uuid:uuid>/take-down/", views.take_down, name="take_down"),
    path("memes/<uuid:uuid>/block/", views.block_maker, name="block_maker"),
    path("blocked/", views.blocked, name="blocked"),
    path("blocked/<uuid:uuid>/unblock/", views.unblock, name="unblock"),
    path("memes-of-my-videos/", views.memes_of_my_videos, name="memes_of_my_videos"),
    path("videos/<uuid:uuid>/memes/", views.memes_of_video, name="memes_of_video"),
]
