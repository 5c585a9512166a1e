"""What the policy decides about a video now, as the reason it gives."""

from __future__ import annotations

from consent import querysets
from creatorhub.models import User
from library.models import Video


def reason_of(video: Video, use: str = "remix", *, asker: User | None = None) -> str:
    return str(querysets.ruling(video, use, asker=asker).reason)


def reasons(*videos: Video, use: str = "remix") -> list[str]:
    """Asked for each video and as a list, which must agree."""
    single = [reason_of(video, use) for video in videos]
    rows = querysets.with_reason(Video.objects.filter(pk__in=[v.pk for v in videos]), use)
    listed = dict(rows.values_list("pk", f"reason_{use}"))
    assert [listed[video.pk] for video in videos] == single
    return single
