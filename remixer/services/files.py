"""The files of memes: where they are stored, who may see one now, and how they are deleted."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping

from django.utils.translation import gettext as _
from PIL import Image

from creatorhub.errors import NotFound, Refused
from creatorhub.models import User
from library import files
from library import services as library
from library.models import Video
from library.still import NoPicture, still
from remixer import captions as drawing
from remixer.catalogue import Template
from remixer.models import Render
from remixer.recipe import Canvas, canvas_for
from remixer.services.permission import require_permission
from remixer.services.requests import template_of, texts_of
from remixer.services.visibility import require_visible

KIND = "renders"  # the first part of their keys in the storage
JPEG_QUALITY = 85


def file_of(render: Render, *, reader: User | None = None) -> str:
    """The storage key of a finished meme, if it may be seen now: asked here, by one query, every
    time. Raises as require_visible does."""
    require_visible(render, reader=reader)
    return render.file_key


def poster_of(render: Render, *, reader: User | None = None) -> str:
    """The storage key of its still picture; as file_of."""
    require_visible(render, reader=reader)
    return render.poster_key


def thumb_of(render: Render, *, reader: User | None = None) -> str:
    """The storage key of its still picture as lists show it; as file_of."""
    require_visible(render, reader=reader)
    return render.small_picture_key


def preview_image(
    video: Video, *, asker: User, template: str, captions: Mapping[str, str], start: float
) -> bytes:
    """JPEG of the frame at `start` seconds, under the overlay that the meme would have.

    Texts that cannot be drawn leave a picture without text: request_render says what is wrong with
    them. The picture is from the proxy, small and marked; until there is one it is plain. Raises
    Forbidden (code: the reason) if the asker may not remix this video, NotFound for an unknown
    template and where the video has no picture.
    """
    require_permission(video, asker=asker)
    chosen = template_of(template)
    try:
        texts = texts_of(chosen, captions, required=False)
    except Refused:
        texts = {}
    canvas = canvas_for(chosen, width=video.width, height=video.height)
    picture = Image.new("RGB", canvas.size, chosen.bar_colour)
    if proxy := library.proxy_of(video):
        try:
            picture.paste(_frame(proxy, at=start, canvas=canvas), (0, canvas.bar))
        except (NoPicture, OSError):
            raise _no_picture() from None
    picture.paste(layer := overlay_of(chosen, texts, video=video, canvas=canvas), mask=layer)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=JPEG_QUALITY)
    return data.getvalue()


def overlay_of(
    template: Template, texts: Mapping[str, str], *, video: Video, canvas: Canvas
) -> Image.Image:
    credit = drawing.credit_line(video.owner.username)
    return drawing.overlay(template, texts, size=canvas.size, credit=credit)


def _frame(key: str, *, at: float, canvas: Canvas) -> Image.Image:
    """The picture without its bar. It is decoded by a process that is locked in."""
    size = canvas.width, canvas.height - canvas.bar
    path = files.local_path(key)
    if path:
        return Image.frombytes("RGB", size, still(path, at=at, size=size).pixels)
    with files.work_folder(f"preview-{uuid.uuid4()}") as folder:
        files.fetch(key, copy := folder / "in")
        return Image.frombytes("RGB", size, still(copy, at=at, size=size).pixels)


def _no_picture() -> NotFound:
    return NotFound(_("This video has no picture there."), code="not_found")


def keys_for(render: Render) -> dict[str, str]:
    """The columns and keys of this attempt's file and its pictures. No two attempts have the same
    ones."""
    ends = {"file_key": ".mp4", "poster_key": ".jpg", "thumb_key": ".small.jpg"}
    return {
        column: files.key_of(render.uuid, f"{render.lease_token}{end}", kind=KIND)
        for column, end in ends.items()
    }


def discard(render: Render) -> None:
    """Delete what all attempts at this render have stored."""
    files.delete_all(render.uuid, kind=KIND)
