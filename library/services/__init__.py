"""Everything that writes videos. Views, API, admin, commands and tasks call these."""

from library.services.ingests import run_ingest, sweep_ingests, sweep_leftovers
from library.services.videos import (
    ReadyVideo,
    add_ready_videos,
    add_video,
    mark_removed,
    quota_left,
    quota_used,
    recount,
    rename_video,
    retry_ingest,
    spoken,
    video_count,
)

__all__ = [
    "ReadyVideo",
    "add_ready_videos",
    "add_video",
    "mark_removed",
    "quota_left",
    "quota_used",
    "recount",
    "rename_video",
    "retry_ingest",
    "run_ingest",
    "spoken",
    "sweep_ingests",
    "sweep_leftovers",
    "video_count",
]
