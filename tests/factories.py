"""Makes people, videos and consent for tests. Consent goes through the services, as it must."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import subprocess
import time
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import imageio_ffmpeg
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Token
from consent.models import Edit
from consent.services import Grant
from creatorhub.jobs import State
from creatorhub.models import User
from creatorhub.scopes import Scope
from library import services as library
from library.models import Ingest, Proxy, Video
from tests import acts
from tests.environment import ROOT

PASSWORD = "a long password for tests"
_number = itertools.count(1)


def make_user(
    username: str | None = None, *, role: str = "", verified: bool = True, **fields: Any
) -> User:
    """With a role, a member of staff who has it."""
    username = username or f"person{next(_number)}"
    user = User.objects.create_user(
        username,
        email=f"{username}@example.com",
        password=PASSWORD,
        **{"is_staff": bool(role), **fields},
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def token_of(user: User, *, scope: Scope = Scope.DECIDE, days: int = 30) -> str:
    """The key of a new token, which has been used in this hour. It writes no event."""
    key, now = secrets.token_urlsafe(), timezone.now()
    Token.objects.create(
        user=user,
        name=f"Token {next(_number)}",
        scope=scope,
        digest=hashlib.sha256(key.encode()).hexdigest(),
        created_at=now,
        expires_at=now + timedelta(days=days),
        used_at=now,
    )
    return key


def client_of(user: User, *, signed_in: timedelta = timedelta(0)) -> Client:
    """A browser in which this person signed in so long ago."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time() - signed_in.total_seconds()}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def make_video(
    *,
    owner: User,
    title: str | None = None,
    ready: bool = True,
    with_files: bool = True,
    **fields: Any,
) -> Video:
    """A video that plays: two seconds of 320×180 with sound. Undecided for every use.

    `ready=False` gives one whose ingest is queued. `with_files=False` leaves storage empty.
    """
    title = title or f"Video {next(_number)}"
    if not ready:
        video = Video.objects.create(owner=owner, title=title, **fields)
        Ingest.objects.create(video=video)
        library.recount(owner)
        return video
    values = {"uuid": uuid4(), "original_name": f"{title}.mp4", **_facts(), **fields}
    folder = f"videos/{str(values['uuid'])[:2]}/{values['uuid']}"
    values |= {
        "mezzanine_key": f"{folder}/mezzanine.mp4",
        "poster_key": f"{folder}/poster.jpg",
    }
    video = Video.objects.create(
        owner=owner, title=title, status=Video.Status.READY, **{**values, **fields}
    )
    Ingest.objects.create(video=video, state=State.DONE, attempts=1, progress=100)
    library.recount(owner)
    if with_files:
        proxy = f"{folder}/proxy.mp4"
        Proxy.objects.create(video=video, state=State.DONE, file_key=proxy)
        _place(mezzanine(), proxy)
        _place(mezzanine(), video.mezzanine_key)
        _place(poster(), video.poster_key)
    return video


def make_videos(count: int, *, owner: User, **fields: Any) -> list[Video]:
    """Many ready videos without files, in one statement."""
    made = Video.objects.bulk_create(
        Video(
            owner=owner,
            **{
                "title": f"Video {next(_number)}",
                "status": Video.Status.READY,
                **_facts(),
                **fields,
            },
        )
        for _ in range(count)
    )
    library.recount(owner)
    return made


def make_consent(*videos: Video, use: str = "remix", until: datetime | None = None) -> Edit:
    """The owner allows the use of these videos: drafted and confirmed as a person would."""
    return acts.confirm(acts.draft(*videos, use=use, grant=Grant(until=until)))


def _facts() -> dict[str, Any]:
    return {"duration_ms": 2000, "width": 320, "height": 180, "has_audio": True, "size": 40_000}


def _place(source: Path, key: str) -> None:
    target = Path(settings.MEDIA_ROOT) / key
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


@cache
def mezzanine() -> Path:
    """H.264 and AAC in MP4: moving bars and a 440 Hz tone. Made once per run."""
    bars = "testsrc2=size=320x180:rate=25:duration=2"
    return _made(
        "mezzanine.mp4",
        *("-f", "lavfi", "-i", bars, "-f", "lavfi", "-i", "sine=frequency=440:duration=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-shortest", "-movflags", "+faststart"),
    )


@cache
def poster() -> Path:
    return _made("poster.jpg", "-i", str(mezzanine()), "-frames:v", "1", "-update", "1")


def _made(name: str, *argv: str) -> Path:
    """A file that all workers of this run share; whoever comes first makes it."""
    path = ROOT / "made" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_stem(f"{uuid4()}")
        binary = settings.FFMPEG_BINARY or imageio_ffmpeg.get_ffmpeg_exe()
        subprocess.run(
            [binary, "-nostdin", "-v", "error", *argv, str(part)], check=True, timeout=60
        )
        part.replace(path)
    return path
