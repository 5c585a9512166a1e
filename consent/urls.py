"""Where a creator stands, their videos, and their edits."""

from django.urls import path

from consent import views

app_name = "consent"
urlpatterns = [
    path("", views.overview, name="overview"),
    # videos
    path("videos/", views.videos, name="videos"),
    path("videos/turn/", views.videos_turn, name="videos_turn"),
    path("videos/spreadsheet.csv", views.spreadsheet_export, name="spreadsheet_export"),
    path("videos/spreadsheet/", views.spreadsheet_draft, name="spreadsheet_draft"),
    path("videos/filters/", views.filter_save, name="filter_save"),
    path("videos/filters/<uuid:uuid>/forget/", views.filter_forget, name="filter_forget"),
    path("videos/new-uploads/", views.upload_defaults, name="upload_defaults"),
    path("videos/<uuid:uuid>/", views.video, name="video"),
    path("videos/<uuid:uuid>/as-it-stood/", views.video_as_it_stood, name="video_as_it_stood"),
    path("videos/<uuid:uuid>/timeline/", views.video_timeline, name="video_timeline"),
    path("videos/<uuid:uuid>/remove/", views.video_remove, name="video_remove"),
    # edits
    path("consent/turn-off/", views.turn_off, name="turn_off"),
    path("edits/new/", views.edit_draft, name="edit_draft"),
    path("edits/<uuid:uuid>/", views.edit_result, name="edit_result"),
    path("edits/<uuid:uuid>/preview/", views.edit_preview, name="edit_preview"),
    path("edits/<uuid:uuid>/confirm/", views.edit_confirm, name="edit_confirm"),
    path("edits/<uuid:uuid>/progress/", views.edit_progress, name="edit_progress"),
    path("edits/<uuid:uuid>/items.csv", views.edit_items, name="edit_items"),
    path("edits/<uuid:uuid>/cancel/", views.edit_cancel, name="edit_cancel"),
    path("edits/<uuid:uuid>/retry/", views.edit_retry, name="edit_retry"),
    path("edits/<uuid:uuid>/undo/", views.edit_undo, name="edit_undo"),
    # everything at once
    path("opt-out/", views.opt_out, name="opt_out"),
    path("opt-in/", views.opt_in, name="opt_in"),
    # the record
    path("activity/", views.activity, name="activity"),
    path("activity/as-it-stood/", views.as_it_stood, name="as_it_stood"),
    path("activity/as-it-stood.csv", views.as_it_stood_export, name="as_it_stood_export"),
    path("activity/receipts.zip", views.receipts_archive, name="receipts_archive"),
    path("activity/<uuid:uuid>/receipt.json", views.receipt, name="receipt"),
    path(
        "edits/<uuid:uuid>/videos/<uuid:video>/receipt.json",
        views.receipt_of_video,
        name="receipt_of_video",
    ),
]
