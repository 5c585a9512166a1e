"""What is ticked on other pages of the list. It travels in the address, so that each tab has its
own and Back goes back in it; signed for its creator, so that no link of a stranger can tick.

Beside “all that match” everything is ticked, and what travels is what was unticked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import accumulate, pairwise
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from consent.selection import unreadable
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video

MAX_TICKS = 500  # videos; as an address of at most 3,000 characters


def token(creator: User, ids: Collection[UUID], *, everything: bool) -> str:
    """For an address: these videos, but for those that are no longer the creator's. Raises Refused
    for more than MAX_TICKS. One query, none for no ids."""
    if len(ids) > MAX_TICKS:
        raise _too_many(len(ids), everything=everything)
    mine = Video.objects.owned_by(creator).filter(uuid__in=ids)
    keys = sorted(mine.values_list("pk", flat=True))
    if not keys:
        return ""
    steps = [keys[0], *(later - earlier for earlier, later in pairwise(keys))]
    return signing.dumps(steps, salt=_salt(creator, everything=everything), compress=True)


def keys_of(creator: User, text: str, *, everything: bool) -> set[int]:
    """The keys in a token. Raises Refused for one that was not made for this creator and this kind
    of selection."""
    if not text:
        return set()
    try:
        steps = signing.loads(text, salt=_salt(creator, everything=everything))
    except signing.BadSignature:
        raise unreadable() from None
    return set(accumulate(steps))


def marked(
    creator: User, text: str, *, ids: Iterable[UUID], was: Iterable[UUID], everything: bool
) -> set[UUID]:
    """What is ticked on this page and all others; beside `everything`, what is not. `ids` are the
    boxes of this page that are ticked, `was` those that were when it was shown. Raises Refused.
    One query, none without a token."""
    keys, now = keys_of(creator, text, everything=everything), set(ids)
    mine = Video.objects.owned_by(creator).filter(pk__in=keys)
    kept = set(mine.values_list("uuid", flat=True)) if keys else set()
    return (kept | set(was)) - now if everything else (kept - set(was)) | now


def _salt(creator: User, *, everything: bool) -> str:
    return f"ticks.{creator.pk}.{'but' if everything else 'only'}"


def _too_many(number: int, *, everything: bool) -> Refused:
    if everything:
        sentence = _(
            "%(count)s videos are unticked; at most %(limit)s can be from page to page. Go back "
            "and use a narrower filter."
        )
    else:
        sentence = _(
            "%(count)s videos are ticked; at most %(limit)s can be kept from page to page. Go back "
            "and do with these what you want, or select all that match a filter."
        )
    words = {"count": f"{number:,}", "limit": f"{MAX_TICKS:,}"}
    return Refused(sentence % words, code="too_many", status=413)
