"""The only writer of videos. Views, the API, the admin, commands and tasks call these functions."""

from library.services.erasing import ERASABLE, ERASED, erase_videos
from library.services.ingests import run_ingest, run_next_ingest, sweep_ingests, sweep_leftovers
from library.services.proxies import proxy_of, run_proxy, sweep_proxies
from library.services.titles import fold_titles
from library.services.videos import (
    ReadyVideo,
    add_ready_videos,
    add_video,
    mark_removed,
    name_tag,
    quota_left,
    quota_used,
    readable_size,
    record_watching,
    recount,
    rename_video,
    retry_ingest,
    video_count,
)

__all__ = [
    "ERASABLE",
    "ERASED",
    "ReadyVideo",
    "add_ready_videos",
    "add_video",
    "erase_videos",
    "fold_titles",
    "mark_removed",
    "name_tag",
    "proxy_of",
    "quota_left",
    "quota_used",
    "readable_size",
    "record_watching",
    "recount",
    "rename_video",
    "retry_ingest",
    "run_ingest",
    "run_next_ingest",
    "run_proxy",
    "sweep_ingests",
    "sweep_leftovers",
    "sweep_proxies",
    "video_count",
]
