"""Allowing a use for many videos and turning it off again: a draft, its confirmation and all that
a worker then does, against the least that a history costs and against what a team would do with
libraries made for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import connection, transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history  # type: ignore[import-untyped]

from benchmarks import sample
from benchmarks.contenders.models import Audited, Remembered
from benchmarks.measuring import Act, Contender, Line, Promise, Report, compare
from consent import services
from consent.models import Edit, Notice, Terms
from creatorhub.actors import Actor
from creatorhub.models import User

FLOOR = "the floor: the state and one row of history each, by hand"
OURS = "draft, confirm, apply: frozen, logged, can be undone"
REMEMBERED = "django-simple-history: bulk_update_with_history"
AUDITED = "django-auditlog: save() in a loop"
LOOPS_UP_TO = 10_000


def measured(counts: Sequence[int], *, rounds: int) -> Report:
    report = Report()
    for count in counts:
        lines = _measured(count, rounds=rounds if count < 100_000 else min(rounds, 3))
        report.lines += lines
        report.promises += _promises(lines, count)
    return report


def _measured(count: int, *, rounds: int) -> list[Line]:
    contenders = [
        Contender(FLOOR, partial(_floor, count)),
        Contender(OURS, partial(_ours, count)),
    ]
    if count <= LOOPS_UP_TO:
        few = 1 if count > 1000 else rounds
        contenders += [
            Contender(REMEMBERED, partial(_remembered, count), rounds=few),
            Contender(AUDITED, partial(_audited, count), rounds=few),
        ]
    groups = [
        f"Allow remixing for {count:,} videos, none decided before",
        f"Turn remixing off for {count:,} videos, all allowed",
    ]
    return compare(groups, contenders, rounds=rounds)


def _promises(lines: list[Line], count: int) -> list[Promise]:
    found = []
    for group in dict.fromkeys(line.group for line in lines):
        by_name = {line.name: line for line in lines if line.group == group}
        ours = by_name[OURS].milliseconds
        if count == 100_000:
            ratio = ours / by_name[FLOOR].milliseconds
            # On SQLite the floor is one walk in the order of keys, without a commit on the way.
            bound = 3 if connection.vendor == "sqlite" else 2
            found.append(Promise(f"{group}, to the floor", bound, round(ratio, 2), "×"))
        if count == 10_000:
            ratio = by_name[AUDITED].milliseconds / ours
            what = f"{group}, faster than django-auditlog"
            found.append(Promise(what, 20, round(ratio, 1), "×", at_least=True))
    return found


def _ours(count: int) -> list[Act]:
    user, actor = sample.creator()
    sample.fill(user, count)
    sample.settle()

    def act(grant: services.Grant | None) -> None:
        edit = sample.edit(user, actor, {}, grant=grant)
        if (edit.status, edit.changed) != (Edit.Status.APPLIED, count):
            raise RuntimeError(f"{edit.changed} of {count} were changed; it is {edit.status}")

    return [partial(act, services.Grant()), partial(act, None)]


def _floor(count: int) -> list[Act]:
    user, actor = sample.creator()
    sample.fill(user, count)
    sample.settle()
    return [
        partial(upsert, user, actor, count=count),
        partial(update, user, actor, count=count),
    ]


REMEMBER = """
    INSERT INTO contenders_history (video_id, "use", before_terms_id, before_decided,
        after_terms_id, after_decided, actor, changed_at)
    SELECT v.id, %s, c.terms_id, COALESCE(c.decided, FALSE), CAST(%s AS BIGINT), TRUE, %s, %s
    FROM library_video v
    LEFT JOIN consent_consent c ON c.video_id = v.id AND c."use" = %s
    WHERE v.owner_id = %s AND v.removed_at IS NULL AND v.status = 'ready'
"""
UPSERT = """
    INSERT INTO consent_consent (creator_id, video_id, "use", terms_id, decided, version,
        withdrawn_version, changed_at, edit_id)
    SELECT v.owner_id, v.id, %s, %s, TRUE, 1, 0, %s, %s
    FROM library_video v
    WHERE v.owner_id = %s AND v.removed_at IS NULL AND v.status = 'ready'
    ON CONFLICT (video_id, "use") DO UPDATE SET terms_id = excluded.terms_id,
        decided = excluded.decided, version = excluded.version,
        changed_at = excluded.changed_at, edit_id = excluded.edit_id
"""
UPDATE = """
    UPDATE consent_consent SET terms_id = NULL, version = 2, withdrawn_version = 2,
        changed_at = %s, edit_id = %s
    WHERE creator_id = %s AND "use" = %s AND terms_id IS NOT NULL
"""


def upsert(user: User, actor: Actor, *, count: int, use: str = "remix") -> None:
    """The floor of allowing: two statements, one transaction. Nothing is shown before it happens,
    nothing is counted, stopped or logged, and others wait until the end of it."""
    notice = Notice.objects.filter(use=use).latest("version")
    now, name = timezone.now(), f"{actor.kind}:{actor.id}"
    with transaction.atomic(), connection.cursor() as cursor:
        terms, _ = Terms.objects.get_or_create(use=use, notice=notice, until=None)
        edit = _edit(user, name, use)
        cursor.execute(REMEMBER, [use, terms.pk, name, now, use, user.pk])
        cursor.execute(UPSERT, [use, terms.pk, now, edit.pk, user.pk])
        _expect(cursor.rowcount, count)


def update(user: User, actor: Actor, *, count: int, use: str = "remix") -> None:
    """The floor of turning off what is allowed."""
    now, name = timezone.now(), f"{actor.kind}:{actor.id}"
    with transaction.atomic(), connection.cursor() as cursor:
        edit = _edit(user, name, use)
        cursor.execute(REMEMBER, [use, None, name, now, use, user.pk])
        cursor.execute(UPDATE, [now, edit.pk, user.pk, use])
        _expect(cursor.rowcount, count)


def _edit(user: User, actor: str, use: str) -> Edit:
    """A consent names the edit that it comes from, also where there is none."""
    applied, now = Edit.Status.APPLIED, timezone.now()
    return Edit.objects.create(creator=user, actor=actor, use=use, status=applied, expires_at=now)


def _expect(found: int, count: int) -> None:
    if found != count:
        raise RuntimeError(f"{found} of {count} were changed")


def _audited(count: int) -> list[Act]:
    user, _ = sample.creator()
    made = (Audited(owner=user, title=f"Video {n}") for n in range(count))
    Audited.objects.bulk_create(made, batch_size=1000)

    def act(*, allowed: bool) -> None:
        with transaction.atomic():
            for video in Audited.objects.filter(owner=user):
                video.allowed = allowed
                video.save()

    return [partial(act, allowed=True), partial(act, allowed=False)]


def _remembered(count: int) -> list[Act]:
    user, _ = sample.creator()
    made = (Remembered(owner=user, title=f"Video {n}") for n in range(count))
    Remembered.objects.bulk_create(made, batch_size=1000)

    def act(*, allowed: bool) -> None:
        videos = list(Remembered.objects.filter(owner=user))
        for video in videos:
            video.allowed = allowed
        bulk_update_with_history(videos, Remembered, ["allowed"], batch_size=1000)

    return [partial(act, allowed=True), partial(act, allowed=False)]
