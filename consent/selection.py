"""Which videos an edit is about: these ids, or everything that matches a filter now, all or all
but some.

Reading only. A filter becomes a selection when it is looked at: it keeps the key of the newest
video there was, so that what is uploaded between the look and the edit is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import filters
from consent.filters import VideoFilter
from consent.models import Consent, Edit
from consent.querysets import AsOf
from creatorhub.errors import NotFound, Refused
from creatorhub.models import User
from creatorhub.texts import typed
from library.models import Video

SALT = "selection"
# What the list's address holds beside its filters, and a selection does not keep.
LIST_PARAMETERS = ("sort", "size", "after", "all", "ticks")
MAX_EXCEPT = 1_000  # videos that a selection of all that match may leave out


@dataclass(frozen=True, slots=True)
class Matching:
    """`query` is a query string of filters, `upto` the key of the newest video that counts,
    `zone` where its days begin. `under_terms` instead selects what stands under any terms of
    that use, whether in force or not. `without` has the keys of videos that are left out."""

    query: str
    upto: int
    zone: str = "UTC"
    under_terms: str = ""
    without: Sequence[int] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def token(self) -> str:
        """For a form: signed, so that nobody can invent one."""
        return signing.dumps(self.as_json(), salt=SALT, compress=True)


def matching(creator: User, given: Mapping[str, Any]) -> Matching:
    """What matches these filters now. Values that are empty or blank are ignored. Raises Refused,
    naming it, for a filter that does not exist or whose value cannot be read."""
    filters.refuse_unknown(given, allowed=LIST_PARAMETERS)
    query = QueryDict(mutable=True)
    for name in filters.narrowing():
        value = given.get(name)
        if not is_blank(value):
            query[name] = typed(str(value).encode("utf-8", "replace").decode())
    chosen = VideoFilter(query, queryset=Video.objects.none(), creator=creator)
    if not chosen.is_valid():
        name, errors = next(iter(chosen.form.errors.items()))
        raise Refused(
            _("The filter “%(name)s” cannot be read: %(error)s")
            % {"name": name, "error": errors[0]},
            code="invalid_filter",
        )
    newest = Video.objects.filter(owner=creator).order_by("-id").values_list("pk", flat=True)
    return Matching(
        query=urlencode(sorted((name, query[name]) for name in query)),
        upto=newest.first() or 0,
        zone=str(timezone.get_current_timezone()),
    )


def is_blank(value: object) -> bool:
    """Whether this value narrows nothing: a form field strips it, and finds that nothing is left
    which can be seen."""
    return value is None or not typed(str(value))


def everything(creator: User) -> Matching:
    """All videos that this creator has now."""
    return matching(creator, {})


def from_api(creator: User, given: Mapping[str, Any]) -> Matching:
    """As `matching`, of an untrusted JSON object: the list's other parameters, empty values, lists
    and objects are refused too."""
    filters.refuse_unknown(given)
    for name, value in given.items():
        if isinstance(value, (dict, list)):
            raise Refused(
                _("The filter “%(name)s” takes one value.") % {"name": name}, code="invalid_filter"
            )
        if is_blank(value):
            raise Refused(
                _("The filter “%(name)s” is empty. Give it a value or leave it out.")
                % {"name": name},
                code="invalid_filter",
            )
    return matching(creator, given)


def leaving_out(creator: User, chosen: Matching, ids: Iterable[UUID]) -> Matching:
    """The same without these videos, whether they match or not. Raises NotFound if any is not the
    creator's, Refused for more than MAX_EXCEPT. One query, none for no ids."""
    wanted = set(ids)
    if not wanted:
        return chosen
    if len(wanted) > MAX_EXCEPT:
        raise Refused(
            _("%(count)s videos are left out; at most %(limit)s can be. Use a narrower filter.")
            % {"count": f"{len(wanted):,}", "limit": f"{MAX_EXCEPT:,}"},
            code="too_many",
            status=413,
        )
    mine = Video.objects.owned_by(creator).filter(uuid__in=wanted)
    keys = sorted(mine.values_list("pk", flat=True))
    if len(keys) != len(wanted):
        raise not_yours()
    return replace(chosen, without=keys)


def not_yours() -> NotFound:
    """The refusal of a selection that names what the creator does not have."""
    return NotFound(
        _("One of these videos does not exist or is not yours. Nothing was changed."),
        code="not_found",
    )


def read(token: str) -> Matching:
    """The selection of a form. Raises Refused for one that we did not make."""
    try:
        return Matching(**signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError):
        raise unreadable() from None


def unreadable() -> Refused:
    """The refusal of a signed selection that we did not make."""
    return Refused(
        _("This selection cannot be read. Go back to the list and select again."),
        code="invalid_selection",
    )


def videos(creator: User, chosen: Matching, *, as_of: AsOf | None = None) -> QuerySet[Video]:
    """The creator's videos that match, in no order; `as_of` an edit for what it selected."""
    mine = Video.objects.owned_by(creator).filter(pk__lte=chosen.upto)
    if chosen.without:
        mine = mine.exclude(pk__in=chosen.without)
    if chosen.under_terms:
        stored = Consent.objects.filter(
            use=chosen.under_terms, video=OuterRef("pk"), terms__isnull=False
        )
        return mine.filter(Exists(stored))
    with timezone.override(ZoneInfo(chosen.zone)):
        found = VideoFilter(QueryDict(chosen.query), queryset=mine, creator=creator, as_of=as_of)
        if not found.is_valid():  # a filter that a later version of the product dropped
            raise Refused(_("This filter is no longer there. Select again."), code="invalid_filter")
        matched: QuerySet[Video] = found.qs
        return matched


def videos_of(edit: Edit) -> QuerySet[Video]:
    """What an edit selected by a filter, whose items are not written down yet, as of then."""
    return videos(edit.creator, Matching(**edit.matching or {}), as_of=AsOf(edit=edit))
