"""Taking back, for libraries of any size: everything by one switch, and everything that matches
a filter. What counts is when the decision says no."""

from __future__ import annotations

import time

from django.urls import reverse
from django.utils import timezone

from benchmarks import acts, lists, memory, sample
from benchmarks.measuring import Promise, Report, Timed, lines_of
from consent import querysets, selection, services
from consent.models import Consent, Edit
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer.models import Render

TEMPLATES = 2000  # made of the videos that are withdrawn; one in a hundred is still being made


def measured(large: int, *, rounds: int) -> Report:
    """One large library from nothing decided to everything taken back, twice, and switched off
    beside smaller ones. Its allowing runs in a process of its own, for its memory."""
    libraries = {count: _allowed_library(count) for count in {100, 100_000} - {large}}
    user, actor = sample.creator()
    sample.fill(user, large)
    sample.settle()
    report = _allow(user, actor, large)
    sample.settle()
    libraries[large] = user, actor
    report += _opt_outs(dict(sorted(libraries.items())), rounds=rounds)
    _make_memes(user)
    report += _from_a_draft(user, actor, large)
    sample.edit(user, actor, {}, grant=services.Grant())
    _make_memes(user)
    report += _from_the_list(user, large)
    return report


def _opt_outs(libraries: dict[int, tuple[User, Actor]], *, rounds: int) -> Report:
    """The switch, and back to where it was, for libraries that are all allowed."""
    timed = {f"a library of {count:,} videos": Timed() for count in libraries}
    for _ in range(rounds):
        for one, (user, actor) in zip(timed.values(), libraries.values(), strict=True):
            with one.round():
                services.opt_out(actor=actor, creator=user)
            services.opt_in(actor=actor, creator=user, restore="previous")
    lines = lines_of("Turn everything off with one switch", timed)
    what = f"Turn everything off: a library of {max(libraries):,} to one of {min(libraries):,}"
    return Report(lines, [Promise(what, 1.2, lines[-1].ratio, "×")])


def _allowed_library(count: int) -> tuple[User, Actor]:
    user, actor = sample.creator()
    sample.fill(user, count)
    sample.settle()
    sample.edit(user, actor, {}, grant=services.Grant())
    return user, actor


def _allow(user: User, actor: Actor, count: int) -> Report:
    floor, ours = Timed(), Timed()
    with floor.round():  # for the other use, so that it finds the same videos undecided
        acts.upsert(user, actor, count=count, use="train")
    with ours.round():
        drafted = sample.drafted_edit(user, actor, {}, grant=services.Grant())
        services.confirm_edit(drafted.uuid, actor=actor, creator=user)
    applied = memory.applied_by_itself(drafted)
    ours.milliseconds[0] += applied.seconds * 1000
    _must_have_changed(drafted, count)
    group = f"Allow remixing for {count:,} videos at once, applied by a process of its own"
    lines = lines_of(group, {acts.FLOOR: floor, acts.OURS: ours})
    what = f"Peak memory of applying {count:,}"
    return Report(lines, [Promise(what, 300, round(applied.mebibytes, 1), "MiB")])


def _from_a_draft(user: User, actor: Actor, count: int) -> Report:
    """The confirmation of a draft that waits."""
    drafted = sample.drafted_edit(user, actor, {}, grant=None)
    path = reverse("consent:edit_confirm", args=[drafted.uuid])
    report = _posted(user, path, {}, f"Confirm a drafted withdrawal of {count:,} videos")
    sample.work(drafted)
    _must_have_changed(drafted, count)
    return report


def _from_the_list(user: User, count: int) -> Report:
    """One POST, with nothing prepared."""
    sample.settle()
    data = {"use": "remix", "matching": selection.everything(user).token(), "key": "once"}
    path = reverse("consent:turn_off")
    return _posted(user, path, data, f"Turn off {count:,} videos from the list, in one POST")


def _posted(user: User, path: str, data: dict[str, str], group: str) -> Report:
    """The time until the answer, and until the decision says no for the first, a middle and the
    last video."""
    client = lists.reader(user)
    videos = Video.objects.owned_by(user).order_by("pk")
    first, last = videos.values_list("pk", flat=True)[0], videos.reverse()[0].pk
    asked = [videos.filter(pk__gte=key)[0] for key in (first, (first + last) // 2, last)]
    if not all(querysets.ruling(video, "remix").allowed for video in asked):
        raise RuntimeError("Nothing is allowed that could be taken back.")
    answered, in_force = Timed(), Timed()
    with in_force.round():
        with answered.round():
            answer = client.post(path, data, secure=True)
        while any(querysets.ruling(video, "remix").allowed for video in asked):
            time.sleep(0.01)
    if answer.status_code != 303:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    lines = lines_of(group, {"until the answer": answered, "until the decision says no": in_force})
    seconds = round(in_force.median() / 1000, 3)
    return Report(lines, [Promise(f"{group}: in force", 1, seconds, "s")])


def _make_memes(user: User) -> None:
    """Made of videos all over the library, all under the terms they are allowed by."""
    stranger, _ = User.objects.get_or_create(username="maker")
    stands = Consent.objects.filter(creator=user, use="remix")
    keys = list(stands.order_by("video").values_list("video", "terms"))
    chosen = keys[:: max(1, len(keys) // TEMPLATES)][:TEMPLATES]
    Render.objects.bulk_create(
        Render(
            requester=stranger,
            video_id=video,
            creator=user,
            template="classic",
            length_ms=2000,
            terms_id=terms,
            allowed_version=stands[0].version,
            state=State.QUEUED if place % 100 == 0 else State.DONE,
            published_at=None if place % 100 == 0 else timezone.now(),
        )
        for place, (video, terms) in enumerate(chosen)
    )


def _must_have_changed(edit: Edit, count: int) -> None:
    edit.refresh_from_db()
    if (edit.status, edit.changed) != (Edit.Status.APPLIED, count):
        raise RuntimeError(f"{edit.changed} of {count} were changed; the edit is {edit.status}")
