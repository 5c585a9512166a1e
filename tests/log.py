"""What the log says, with personal data put back into it."""

from __future__ import annotations

from typing import Any

from audit import personal
from audit.models import Event
from consent.models import Edit
from library.models import Video


def body(event: Event) -> dict[str, Any]:
    return personal.read([event])[0].body


def last_body() -> dict[str, Any]:
    """Of the newest event."""
    return body(Event.objects.latest("id"))


def of_edit(edit: Edit) -> list[dict[str, Any]]:
    """The events of an edit, oldest first."""
    bodies = [body(event) for event in Event.objects.order_by("id")]
    return [each for each in bodies if each.get("edit") == str(edit.uuid)]


def of_video(video: Video) -> list[dict[str, Any]]:
    """The events about a video, oldest first, without what differs from run to run."""
    noise = {"id", "correlation_id", "at", "creator", "creator_seq", "v", "subject"}
    events = Event.objects.filter(subject=video.uuid).order_by("id")
    return [
        {name: value for name, value in body(event).items() if name not in noise}
        for event in events
    ]


def newest(action: str) -> dict[str, Any]:
    """The newest event of this action."""
    return body(Event.objects.filter(action=action).latest("id"))
