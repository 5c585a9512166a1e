"""Pages of consent, by noun. A view reads the form, calls a service, and answers."""

from consent.views.activity import activity
from consent.views.edits import edit_cancel, edit_draft, edit_retry, edit_undo, turn_off
from consent.views.opt_out import opt_in, opt_out
from consent.views.overview import overview
from consent.views.past import as_it_stood, as_it_stood_export, video_as_it_stood
from consent.views.previews import edit_confirm, edit_preview
from consent.views.receipts import receipt, receipt_of_video, receipts_archive
from consent.views.results import edit_items, edit_progress, edit_result
from consent.views.spreadsheets import spreadsheet_draft, spreadsheet_export
from consent.views.timeline import video_timeline
from consent.views.upload_defaults import upload_defaults
from consent.views.videos import (
    filter_forget,
    filter_save,
    video,
    video_remove,
    videos,
    videos_turn,
)

__all__ = [
    "activity",
    "as_it_stood",
    "as_it_stood_export",
    "edit_cancel",
    "edit_confirm",
    "edit_draft",
    "edit_items",
    "edit_preview",
    "edit_progress",
    "edit_result",
    "edit_retry",
    "edit_undo",
    "filter_forget",
    "filter_save",
    "opt_in",
    "opt_out",
    "overview",
    "receipt",
    "receipt_of_video",
    "receipts_archive",
    "spreadsheet_draft",
    "spreadsheet_export",
    "turn_off",
    "upload_defaults",
    "video",
    "video_as_it_stood",
    "video_remove",
    "video_timeline",
    "videos",
    "videos_turn",
]
