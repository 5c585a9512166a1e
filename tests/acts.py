"""What a creator does with consent in a test, one line for each act. The owner of the videos acts,
through the services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from django.contrib.auth.models import Group

from consent import selection, services
from consent.models import Edit, EditJob, Notice
from consent.services import Grant
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video


def draft(*videos: Video, use: str = "remix", grant: Grant | None = Grant()) -> Edit:
    """A preview that allows the use of these videos, or turns it off (`grant` None)."""
    creator = videos[0].owner
    return services.draft_edit(
        actor=Actor.creator(creator),
        creator=creator,
        use=use,
        grant=grant,
        ids=[video.uuid for video in videos],
    )


def draft_matching(
    creator: User, *, use: str = "remix", but: Iterable[Video] = (), **filters: str
) -> Edit:
    """A preview that allows the use of all videos which match, `but` these."""
    return services.draft_edit(
        actor=Actor.creator(creator),
        creator=creator,
        use=use,
        grant=Grant(),
        matching=_matching(creator, filters, but),
    )


def confirm(edit: Edit, **more: Any) -> Edit:
    creator = edit.creator
    return services.confirm_edit(edit.uuid, actor=Actor.creator(creator), creator=creator, **more)


def turn_off(*videos: Video, use: str = "remix", **more: Any) -> Edit:
    creator = videos[0].owner
    return services.turn_off(
        actor=Actor.creator(creator),
        creator=creator,
        use=use,
        ids=[video.uuid for video in videos],
        **more,
    )


def turn_off_matching(
    creator: User, *, use: str = "remix", but: Iterable[Video] = (), **filters: str
) -> Edit:
    return services.turn_off(
        actor=Actor.creator(creator),
        creator=creator,
        use=use,
        matching=_matching(creator, filters, but),
    )


def _matching(creator: User, filters: dict[str, str], but: Iterable[Video]) -> selection.Matching:
    chosen = selection.matching(creator, filters)
    return selection.leaving_out(creator, chosen, [video.uuid for video in but])


def undo(edit: Edit) -> Edit:
    """The draft that undoes this edit."""
    creator = edit.creator
    return services.undo_edit(edit.uuid, actor=Actor.creator(creator), creator=creator)


def cancel(edit: Edit) -> Edit:
    creator = edit.creator
    return services.cancel_edit(edit.uuid, actor=Actor.creator(creator), creator=creator)


def run(edit: Edit) -> Edit:
    """The edit after a worker has gone on with it for one turn of its job."""
    services.run_edit(EditJob.objects.get(edit=edit).pk)
    return Edit.objects.get(pk=edit.pk)


def run_to_the_end(edit: Edit) -> Edit:
    """The edit after as many turns as it takes."""
    while edit.is_live:
        edit = run(edit)
    return edit


def opt_out(creator: User) -> services.OptedOut:
    return services.opt_out(actor=Actor.creator(creator), creator=creator)


def opt_in(creator: User, *, restore: Literal["previous", "all_off"]) -> None:
    services.opt_in(actor=Actor.creator(creator), creator=creator, restore=restore)


def publish_notice(staff: User, *, use: str = "remix", material: bool = True) -> Notice:
    """A new notice for the use. If it is material, what was allowed before is allowed no more."""
    actor = Actor.staff(staff)
    draft = Notice(use=use, title="New", text="New", material=material)
    return services.publish_notice(services.write_notice(draft, actor=actor), actor=actor)


def hold(*videos: Video, creator: User | None = None, use: str = "remix") -> services.Held:
    """A moderator holds these videos, or everything of the creator."""
    moderator, _is_new = User.objects.get_or_create(username="moderator", is_staff=True)
    moderator.groups.add(Group.objects.get(name="moderation"))
    return services.hold(
        actor=Actor.staff(moderator),
        creator=creator or videos[0].owner,
        use=use,
        videos=list(videos) or None,
        reason="A complaint",
    )


def lift(held: services.Held) -> int:
    """The same moderator ends it."""
    moderator = User.objects.get(username="moderator")
    return services.lift(held.holds, actor=Actor.staff(moderator), reason="It was wrong")
