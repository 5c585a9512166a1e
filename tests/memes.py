"""Memes as somebody makes them: asked for, made by a worker, or a row alone."""

from __future__ import annotations

from typing import Any

from consent.models import Consent
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import services
from remixer.models import Render


def request_meme(requester: User, video: Video, **wishes: Any) -> Render:
    """One second of the video with a caption at the top, unless `wishes` say otherwise."""
    wishes = {
        "template": "top_bottom",
        "captions": {"top": "Hello"},
        "start": 0.5,
        "length": 1.0,
        **wishes,
    }
    return services.request_render(
        actor=Actor.creator(requester), requester=requester, video=video, **wishes
    )


def make_meme(requester: User, video: Video, **wishes: Any) -> Render:
    """A finished meme: asked for, and made by ffmpeg in this process."""
    render = request_meme(requester, video, **wishes)
    services.run_render(render.pk)
    render.refresh_from_db()
    assert render.state == State.DONE, render.problem
    return render


def make_render(video: Video, requester: User, **fields: Any) -> Render:
    """The row of a render in any state, without a file."""
    terms = Consent.objects.get(video=video, use="remix").terms
    assert terms
    return Render.objects.create(
        requester=requester,
        video=video,
        creator=video.owner,
        template="top_bottom",
        length_ms=1000,
        terms=terms,
        allowed_version=1,
        **fields,
    )
