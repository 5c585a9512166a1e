"""What a bulk act is about: these videos, or everything that matches a filter now.

Reading only. A filter becomes a selection when it is looked at: it keeps the key of the newest
video there was, so that what is uploaded between the look and the act is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from consent.filters import NARROWING, VideoFilter
from consent.models import Consent, Edit
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video

SALT = "selection"


@dataclass(frozen=True, slots=True)
class Matching:
    """`query` is a query string of filters, `upto` the key of the newest video that counts,
    `zone` where its days begin. `under_terms` instead selects what stands under any terms of
    the use, whether in force or not."""

    query: str
    upto: int
    zone: str = "UTC"
    under_terms: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def token(self) -> str:
        """For a form: nobody can make one up."""
        return signing.dumps(self.as_json(), salt=SALT, compress=True)


def of(edit: Edit) -> Matching:
    """The selection that an edit was asked for with."""
    kept = edit.matching or {}
    return Matching(**{one.name: kept[one.name] for one in fields(Matching) if one.name in kept})


def matching(creator: User, asked: Mapping[str, Any] | QueryDict) -> Matching:
    """What matches these filters now. Parameters that do not narrow a list are left out. Raises
    Refused for a filter that cannot be read."""
    given = QueryDict(mutable=True)
    for name in NARROWING:
        value = asked.get(name)
        if value not in (None, ""):
            given[name] = str(value).encode("utf-8", "replace").decode()
    chosen = VideoFilter(given, queryset=Video.objects.none(), creator=creator)
    if not chosen.is_valid():
        name, errors = next(iter(chosen.form.errors.items()))
        raise Refused(f"The filter “{name}” cannot be read: {errors[0]}", code="invalid_filter")
    newest = Video.objects.filter(owner=creator).order_by("-id").values_list("pk", flat=True)
    return Matching(
        query=urlencode(sorted((name, given[name]) for name in given)),
        upto=newest.first() or 0,
        zone=str(timezone.get_current_timezone()),
    )


def everything(creator: User) -> Matching:
    """All videos that this creator has now."""
    return matching(creator, {})


def from_api(creator: User, filters: Mapping[str, Any]) -> Matching:
    """As `matching`, but a word that is no filter, or one without a value, is refused: ignored, a
    slip of the pen would select everything."""
    for name, value in filters.items():
        if name not in NARROWING:
            raise Refused(
                f"There is no filter “{name}”. There are: {', '.join(NARROWING)}.",
                code="invalid_filter",
            )
        if isinstance(value, (dict, list)):
            raise Refused(f"The filter “{name}” takes one value.", code="invalid_filter")
        if value is None or value == "":
            raise Refused(
                f"The filter “{name}” is empty. Give it a value or leave it out.",
                code="invalid_filter",
            )
    return matching(creator, filters)


def read(token: str) -> Matching:
    """The selection of a form. Raises Refused for one that we did not make."""
    try:
        return Matching(**signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError):
        raise Refused(
            "This selection cannot be read. Go back to the list and select again.",
            code="invalid_selection",
        ) from None


def videos(creator: User, chosen: Matching, *, besides: Edit | None = None) -> QuerySet[Video]:
    """The creator's videos that match, now, in no order. `besides` is the edit that is being
    frozen, as with_reason has it."""
    mine = Video.objects.owned_by(creator).filter(pk__lte=chosen.upto)
    if chosen.under_terms:
        stored = Consent.objects.filter(
            use=chosen.under_terms, video=OuterRef("pk"), terms__isnull=False
        )
        return mine.filter(Exists(stored))
    with timezone.override(ZoneInfo(chosen.zone)):
        filters = VideoFilter(
            QueryDict(chosen.query), queryset=mine, creator=creator, besides=besides
        )
        if not filters.is_valid():  # a filter that a later version of the product dropped
            raise Refused("This filter is no longer there. Select again.", code="invalid_filter")
        found: QuerySet[Video] = filters.qs
        return found
