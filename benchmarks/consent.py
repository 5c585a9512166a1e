"""Contenders: allowing one use for many videos, and turning everything off."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.utils import timezone

from audit import log
from consent import services
from consent.models import Consent, Edit, Item, Notice, Terms
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video

Round = Callable[[], object]
FEW = 50
_number = itertools.count(1)


def groups(count: int) -> dict[str, dict[str, Callable[[], Round]]]:
    """Group to contender; the first contender of a group is what the others are compared with."""
    return {
        f"Allow remixing for {count} videos of one creator": {
            "the least: one upsert and one insert, unlogged": partial(_floor, count),
            "draft and confirm: frozen, logged, can be undone": partial(_edit, count),
            "one at a time in a loop: upsert and event": partial(_loop, count),
        },
        f"The same for {FEW} videos": {
            "one edit": partial(_edit, FEW),
            "one edit for each, as with single switches": partial(_switches, FEW),
        },
        "Turn everything off": {
            "a library of 1 video": partial(_opt_out, 1),
            f"a library of {count} videos": partial(_opt_out, count),
        },
    }


def _creator(count: int) -> tuple[User, Actor, list[Video]]:
    user = User.objects.create(username=f"creator{next(_number)}")
    Video.objects.bulk_create(
        Video(owner=user, title=f"Video {n}", status=Video.Status.READY) for n in range(count)
    )
    return user, Actor.creator(user), list(Video.objects.filter(owner=user).order_by("pk"))


def _given(user: User, actor: Actor) -> tuple[Terms, Edit]:
    """What the contenders that go past the services need to point at."""
    notice = Notice.objects.filter(use="remix").latest("version")
    terms, _ = Terms.objects.get_or_create(
        use="remix", notice=notice, audience="everyone", mode="allowed", until=None
    )
    edit = Edit.objects.create(
        creator=user, actor=f"{actor.kind}:{actor.id}", use="remix", expires_at=timezone.now()
    )
    return terms, edit


def _floor(count: int) -> Round:
    """Current state and one row of history per video: the least that a history costs. The
    history rows are the items of an edit, but nothing reads them first or ties them together."""
    user, actor, videos = _creator(count)
    terms, edit = _given(user, actor)

    def act() -> None:
        now = timezone.now()
        with transaction.atomic():
            Consent.objects.bulk_create(
                [
                    Consent(
                        creator=user,
                        video=video,
                        use="remix",
                        terms=terms,
                        version=1,
                        changed_at=now,
                        edit=edit,
                    )
                    for video in videos
                ],
                update_conflicts=True,
                unique_fields=["video", "use"],
                update_fields=["terms", "version", "changed_at", "edit"],
            )
            Item.objects.bulk_create(
                Item(edit=edit, video=video, before_decided=False, after=terms, outcome="changed")
                for video in videos
            )

    return act


def _loop(count: int) -> Round:
    """What one writes first: for each video, change it and note it, in a transaction. Any event
    about a video will do as the note; the log has none for one video's consent."""
    user, actor, videos = _creator(count)
    terms, edit = _given(user, actor)

    def act() -> None:
        for video in videos:
            with transaction.atomic():
                Consent.objects.update_or_create(
                    video=video,
                    use="remix",
                    defaults={
                        "creator": user,
                        "terms": terms,
                        "version": 1,
                        "changed_at": timezone.now(),
                        "edit": edit,
                    },
                )
                log.append(
                    "video.renamed",
                    actor=actor,
                    creator=user,
                    about=video.uuid,
                    before="",
                    after="",
                )

    return act


def _edit(count: int) -> Round:
    user, actor, videos = _creator(count)
    return lambda: _allow(user, actor, videos)


def _switches(count: int) -> Round:
    user, actor, videos = _creator(count)

    def act() -> None:
        for video in videos:
            _allow(user, actor, [video])

    return act


def _allow(user: User, actor: Actor, videos: list[Video]) -> None:
    draft = services.draft_edit(
        actor=actor,
        creator=user,
        use="remix",
        grant=services.Grant(),
        ids=[video.uuid for video in videos],
    )
    services.confirm_edit(draft.uuid, actor=actor, creator=user)


def _opt_out(count: int) -> Round:
    user, actor, videos = _creator(count)
    _allow(user, actor, videos)
    return lambda: services.opt_out(actor=actor, creator=user)
