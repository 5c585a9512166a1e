"""`manage.py demo`: people and videos to try things on."""

from __future__ import annotations

import shutil
import uuid
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from accounts.services import open_account
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.roles import Role
from library import ffmpeg, files, graphs, services
from library.files import SharedFile
from library.models import Video
from library.probe import Facts, probe
from operations.demo import CLIPS, Clip, clip_of, collection_of, title_of

ACTOR = Actor.system("demo")
BATCH = 5000
SPREAD = timedelta(days=240)
# Username, name, role as staff, what the account is for. The password is demo-<username>.
PEOPLE = (
    ("alice", "Alice Moreau", "", "has the videos"),
    ("bob", "Bob Okafor", "", "makes memes"),
    ("carol", "Carol Lindqvist", "", "a stranger to both"),
    ("staff", "Sam from the staff", Role.ADMIN, "works in the admin, with every right"),
    ("moderator", "Mona from the staff", Role.MODERATION, "judges reports"),
    ("support", "Sol from the staff", Role.SUPPORT, "only looks"),
)


@dataclass
class Made:
    """A clip as files: the video and its poster, shared by every demo video that shows it.
    `size` is the share of one of them in the bytes on the disk."""

    facts: Facts
    mezzanine: SharedFile
    poster: SharedFile
    thumb: SharedFile
    size: int


class Command(BaseCommand):
    help = (
        "Makes alice with many videos, bob, carol and three members of staff, to try things on. "
        "Everything is off. Run again, it adds what is missing. Only with DEBUG on: "
        "the passwords are known to everybody."
    )

    stealth_options = ("checked",)  # by `up`, which says what the checks found

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--videos", type=int, default=500, metavar="N", help="How many alice has (500)."
        )

    def handle(self, *, videos: int, checked: bool = False, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demo has known passwords, so it is made only where DEBUG is on. "
                "Nothing was changed."
            )
        if not checked:  # the tables of another version are no place for it
            self.check(databases=["default"])
        if videos < 0:
            raise CommandError("--videos takes a number from 0 up.")
        people = {row[0]: self._person(*row[:3]) for row in PEOPLE}
        added = self._fill(people["alice"], videos)
        self.stdout.write(
            f"alice: {added:,} videos made, {videos - added:,} were there. All uses are off."
        )
        sign_ins = _sign_ins()
        path = settings.DATA_DIR / "demo.txt"
        path.touch(mode=0o600)
        path.write_text(sign_ins)
        self.stdout.write(sign_ins)

    def _person(self, username: str, name: str, role: str) -> User:
        user, made = open_account(
            username,
            email=f"{username}@example.org",
            password=f"demo-{username}",
            display_name=name,
            role=role,
        )
        self.stdout.write(f"{username}: {'made' if made else 'was there'}.")
        return user

    def _fill(self, owner: User, wanted: int) -> int:
        """Returns how many were added. Killed and run again, it continues where it stopped, since a
        video's UUID is made from its number."""
        now = timezone.now()
        made: dict[str, Made] = {}
        added = 0
        with tqdm(total=wanted, unit=" videos", disable=None, leave=False) as bar:
            for first in range(0, wanted, BATCH):
                numbers = range(first, min(first + BATCH, wanted))
                uuids = {number: _uuid(owner, number) for number in numbers}
                known = set(
                    Video.objects.filter(uuid__in=uuids.values()).values_list("uuid", flat=True)
                )
                missing = [number for number in numbers if uuids[number] not in known]
                shown = {(clip := clip_of(n)).name: clip for n in missing}
                if new := [clip for name, clip in shown.items() if name not in made]:
                    made |= self._drawn(new, sharing=max(1, wanted // len(CLIPS)))
                ready = [
                    _place(made, uuids[n], number=n, at=_moment(now, n, wanted)) for n in missing
                ]
                services.add_ready_videos(ready, owner=owner, actor=ACTOR, via="demo")
                added += len(ready)
                bar.update(len(numbers))
        return added

    def _drawn(self, clips: list[Clip], *, sharing: int) -> dict[str, Made]:
        folder = settings.DATA_DIR / "demo"
        folder.mkdir(mode=0o700, exist_ok=True)
        self.stdout.write(f"Drawing clips: {len(clips)} …")
        return {
            clip.name: _made(clip, folder, sharing=sharing)
            for clip in tqdm(clips, unit=" clips", disable=None, leave=False)
        }


def _uuid(owner: User, number: int) -> uuid.UUID:
    return uuid.uuid5(owner.uuid, f"demo video {number}")


def _moment(now: datetime, number: int, total: int) -> datetime:
    """Evenly spread up to yesterday, at hours that look like a person's."""
    days = SPREAD * (1 - number / total)
    return now - days - timedelta(days=1, minutes=number * 37 % 600)


def _place(
    made: dict[str, Made], key: uuid.UUID, *, number: int, at: datetime
) -> services.ReadyVideo:
    clip = clip_of(number)
    shared = made[clip.name]
    shared.mezzanine.place(files.key_of(key, "mezzanine.mp4"))
    shared.poster.place(files.key_of(key, "poster.jpg"))
    shared.thumb.place(files.key_of(key, "thumb.jpg"))
    return services.ReadyVideo(
        uuid=key,
        title=title_of(clip, number),
        collection=collection_of(clip, number),
        created_at=at,
        duration_ms=round(shared.facts.duration * 1000),
        width=shared.facts.width,
        height=shared.facts.height,
        has_audio=shared.facts.has_audio,
        size=shared.size,
        has_thumb=True,
    )


def _made(clip: Clip, folder: Path, *, sharing: int) -> Made:
    """The clip's files, drawn now unless they exist."""
    ends = (".mp4", ".jpg", ".small.jpg")
    mezzanine, poster, thumb = parts = [folder / f"{clip.name}{end}" for end in ends]
    if not all(part.exists() for part in parts):
        _draw(clip, mezzanine, poster, thumb)
    facts = probe(mezzanine)
    size = sum(part.stat().st_size for part in parts)
    return Made(
        facts, SharedFile(mezzanine), SharedFile(poster), SharedFile(thumb), size // sharing
    )


def _draw(clip: Clip, mezzanine: Path, poster: Path, thumb: Path) -> None:
    with files.work_folder(f"demo-{clip.name}-{uuid.uuid4()}") as folder:
        part, picture, small = folder / "part.mp4", folder / "part.jpg", folder / "small.jpg"
        ffmpeg.run(
            graphs.drawing_args(clip.picture, clip.sound, part, seconds=clip.seconds),
            folder=folder,
            timeout=180,
            quiet_timeout=90,
        )
        ffmpeg.run(
            graphs.poster_args(part, picture, small, at=clip.seconds / 3),
            folder=folder,
            timeout=60,
            quiet_timeout=60,
        )
        shutil.move(part, mezzanine)
        shutil.move(picture, poster)
        shutil.move(small, thumb)


def _sign_ins() -> str:
    width = max(len(row[0]) for row in PEOPLE)
    lines = [f"  {name:<{width}}  demo-{name:<{width}}  {what}" for name, _, _, what in PEOPLE]
    return "\n".join(["Sign in with:", *lines]) + "\n"
