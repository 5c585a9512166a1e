"""What a person does with a meme of theirs: request it, cancel it, try again, remove it."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from consent import services as consent
from consent.services import journal
from creatorhub import jobs
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Video
from remixer import captions as drawing
from remixer.catalogue import TEMPLATES, Template
from remixer.lengths import lengths, seconds
from remixer.models import Render
from remixer.services.permission import Permission, require_permission
from remixer.services.records import record

MAX_LIVE = 20  # memes of one person that are queued or being made
CANCELLED = gettext_noop("You cancelled this meme.")  # rows keep it; pages translate it


def request_render(
    *,
    actor: Actor,
    requester: User,
    video: Video,
    template: str,
    captions: Mapping[str, str],
    start: float,
    length: float,
    idempotency_key: str | None = None,
) -> Render:
    """Queue a meme. `template` is the id of one, `captions` box id to text; `start` and `length`
    are in seconds. The same key with the same wishes returns the first render.

    Raises Forbidden (code: the reason) if the creator does not allow it, NotFound for an unknown
    template, Conflict for a key that was used for another meme, Refused for texts or times outside
    the template's limits and for too many memes at once.
    """
    chosen = template_of(template)
    texts = texts_of(chosen, captions, required=True)
    start_ms, length_ms = _milliseconds(start), _milliseconds(length)
    wishes = (video.pk, template, texts, start_ms, length_ms)
    key = idempotency_key or uuid.uuid4().hex
    with transaction.atomic(durable=True):
        consent.lock_consent_state(video.owner)
        if known := Render.objects.filter(requester=requester, idempotency_key=key).first():
            return _same_request(known, wishes)
        permission = require_permission(video, asker=requester)
        _check_times(chosen, video, start_ms=start_ms, length_ms=length_ms)
        _check_live_limit(requester)
        # Two requests with one key for videos of two creators hold different locks. The unique
        # constraint lets one of them create the row, and the other finds it.
        render, is_new = Render.objects.get_or_create(
            requester=requester,
            idempotency_key=key,
            defaults={
                "video": video,
                "creator": video.owner,
                "template": template,
                "captions": texts,
                "start_ms": start_ms,
                "length_ms": length_ms,
                "terms_id": permission.terms_id,
                "allowed_version": permission.version,
                "turn": jobs.next_turn(Render, requester=requester),
            },
        )
        if not is_new:
            return _same_request(render, wishes)
        _queue(render, actor=actor, permission=permission)
    return render


def cancel_render(render: Render, *, actor: Actor) -> bool:
    """Stop a meme that is not made yet. False, and nothing is written, if it had ended. Here and
    below, `render` is not read again and keeps its old values."""
    with transaction.atomic(durable=True):
        row = Render.objects.filter(pk=render.pk)
        if not jobs.stop(row, State.CANCELLED, problem=CANCELLED):
            return False
        record("render.cancelled", render, actor=actor)
    return True


def retry_render(render: Render, *, actor: Actor) -> None:
    """Queue a meme that ended badly once more. It is a new request: consent is asked now.

    Raises Forbidden (code: the reason) if the creator does not allow it, Conflict for a meme that
    is being made, published or taken down, Refused for too many memes at once.
    """
    with transaction.atomic(durable=True):
        consent.lock_consent_state(render.video.owner)
        permission = require_permission(render.video, asker=render.requester)
        _check_live_limit(render.requester)
        requeued = jobs.requeue(
            render,
            terms_id=permission.terms_id,
            allowed_version=permission.version,
            ended_for="",
            turn=jobs.next_turn(Render, requester=render.requester),
            ended_by="",
        )
        if not requeued:
            raise Conflict(
                _("Only a meme that failed or was stopped can be tried again."), code="not_ended"
            )
        _queue(render, actor=actor, permission=permission)


def remove_render(render: Render, *, actor: Actor) -> bool:
    """Stop the meme and hide it from everybody; the sweep deletes its files after the commit.
    False, and nothing is written, if it was removed already."""
    with transaction.atomic(durable=True):
        changed = (
            Render.objects.filter(pk=render.pk)
            .exclude(state=Render.REMOVED)
            .update(state=Render.REMOVED, lease_token=None, lease_until=None, restorable_until=None)
        )
        if not changed:
            return False
        record("render.removed", render, actor=actor)
        jobs.enqueue("operations.sweep")
        journal.write("meme_removed", creator=render.video.owner, memes=[str(render.uuid)])
    return True


def template_of(template: str) -> Template:
    if template not in TEMPLATES:
        raise NotFound(_("There is no such template."), code="unknown_template")
    return TEMPLATES[template]


def texts_of(template: Template, captions: Mapping[str, str], *, required: bool) -> dict[str, str]:
    """The cleaned texts by box id, without empty ones. Raises Refused for a text that is too long,
    characters that none of our fonts has, an unknown box, and no text at all if `required`."""
    texts: dict[str, str] = {}
    for box_id, typed in captions.items():
        box = template.box(box_id)
        if box is None:
            raise Refused(_("This template has no such text."), code="unknown_box")
        text = drawing.clean(typed)
        if len(text) > box.max_chars:
            too_long = ngettext(
                "%(label)s: write at most %(most)d character; there are %(count)d.",
                "%(label)s: write at most %(most)d characters; there are %(count)d.",
                box.max_chars,
            )
            counted = {"label": box.label, "most": box.max_chars, "count": len(text)}
            raise Refused(too_long % counted, code="caption_too_long")
        if missing := drawing.undrawable(text):
            named = {"label": box.label, "letters": " ".join(missing[:5])}
            raise Refused(
                _(
                    "%(label)s: we have no letters for %(letters)s. Leave them out. There are "
                    "Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Bengali, Tamil and Thai "
                    "letters, signs and emoji."
                )
                % named,
                code="caption_not_drawable",
            )
        if text:
            texts[box_id] = text
    if required and not texts:
        raise Refused(_("Write at least one text."), code="caption_needed")
    return texts


def _milliseconds(seconds: float) -> int:
    if not math.isfinite(seconds):
        raise Refused(_("Start and length are numbers of seconds."), code="bad_time")
    return round(seconds * 1000)


def _check_times(template: Template, video: Video, *, start_ms: int, length_ms: int) -> None:
    """Raises Refused outside the video or the template."""
    allowed = lengths(template, duration_ms=video.duration_ms)
    if not allowed.shortest_ms <= length_ms <= allowed.longest_ms:
        if allowed.shortest_ms == allowed.longest_ms:
            sentence = _("This video is so short that it is taken whole: %(longest)s seconds.")
        else:
            sentence = _("The length must be between %(shortest)s and %(longest)s seconds.")
        limits = {"shortest": seconds(allowed.shortest_ms), "longest": seconds(allowed.longest_ms)}
        raise Refused(sentence % limits, code="bad_length")
    latest = allowed.latest_start_ms(length_ms)
    if not 0 <= start_ms <= latest:
        raise Refused(
            _("With this length the meme can start between 0 and %(latest)s seconds.")
            % {"latest": seconds(latest)},
            code="bad_start",
        )


def _check_live_limit(requester: User) -> None:
    """Raises Refused. Not exact: two requests at the same time can exceed the limit by one."""
    if Render.objects.live().filter(requester=requester).count() >= MAX_LIVE:
        sentence = ngettext(
            "You have %(count)d meme being made. Wait until it is ready.",
            "You have %(count)d memes being made. Wait until one is ready.",
            MAX_LIVE,
        )
        raise Refused(sentence % {"count": MAX_LIVE}, code="too_many_renders", status=429)


def _same_request(known: Render, wishes: tuple[int, str, dict[str, str], int, int]) -> Render:
    """Wishes are the video's key, the template's id, the texts, start and length."""
    asked = (known.video_id, known.template, known.captions, known.start_ms, known.length_ms)
    if asked != wishes:
        raise Conflict(
            _("This idempotency key was used for another meme. Send a new one."),
            code="idempotency_key_reused",
        )
    return known


def _queue(render: Render, *, actor: Actor, permission: Permission) -> None:
    """Log the request and wake a worker."""
    record(
        "render.requested",
        render,
        actor=actor,
        template=render.template,
        terms=permission.terms_id,
        version=permission.version,
    )
    jobs.enqueue("remixer.render", render.pk)
