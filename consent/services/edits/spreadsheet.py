"""A spreadsheet that was exported, changed and uploaded becomes a draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import F, FilteredRelation, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import counts
from consent.models import Edit, Item, Terms
from consent.policy import Reason
from consent.services.consent_state import lock_consent_state
from consent.services.edits import items
from consent.services.edits.draft import ONLY_CREATOR_ALLOWS, new_edit, unknown_use
from consent.services.terms import Grant, terms_for
from consent.spreadsheets import BadSpreadsheet, Line, day_text
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.days import last_day
from creatorhub.errors import Refused
from creatorhub.models import User
from library.models import Video

BATCH = 5000
MAX_ENDS = 500
Outcome = Item.Outcome
Known = dict[UUID, tuple[int, str, int | None, bool | None]]


def draft_from_spreadsheet(
    lines: Sequence[Line], *, actor: Actor, creator: User, use: str, reason: str = ""
) -> Edit:
    """Freeze what each line asks for. Nothing is allowed or withdrawn until it is confirmed.

    A line that repeats what a video allows already changes nothing. Raises BadSpreadsheet, with
    every line whose video is not the creator's or whose end cannot be, having written nothing;
    Forbidden for anyone but the creator. A query for each BATCH of lines, and one for each end.
    """
    with transaction.atomic(durable=True):
        state = lock_consent_state(creator)
        if use not in USES:
            raise unknown_use(use)
        actor.require(creator, sentence=ONLY_CREATOR_ALLOWS)
        _not_too_many_ends(lines)
        terms: dict[datetime | None, Terms] = {}
        edit = new_edit(
            actor=actor,
            creator=creator,
            use=use,
            change=Edit.Change.LISTED,
            reason=reason,
            version=state.version,
        )
        counted = counts.counts_by_use(creator)[use].terms
        current = Terms.objects.in_bulk(
            counted.get(Reason.ALLOWED, []) + counted.get(Reason.EXPIRED, [])
        )
        problems: list[tuple[int, str]] = []
        for some in _batches(lines):
            known = _known(creator, use, [line.video for line in some])
            made = []
            for line in some:
                if line.video not in known:
                    problems.append((line.number, _("this video does not exist or is not yours.")))
                    continue
                try:
                    made.append(_item(edit, line, known[line.video], terms=terms, current=current))
                except Refused as refused:
                    problems.append((line.number, refused.sentence))
            Item.objects.bulk_create(made)
        if problems:
            raise BadSpreadsheet(problems)
        items.count(edit)
    return edit


def _batches(lines: Sequence[Line]) -> Iterator[list[Line]]:
    remaining = iter(lines)
    while some := list(islice(remaining, BATCH)):
        yield some


def _not_too_many_ends(lines: Sequence[Line]) -> None:
    ends = {line.until for line in lines if line.state == "allowed"}
    if len(ends) > MAX_ENDS:
        raise Refused(
            _("This file names %(count)s different last days; at most %(limit)s can be.")
            % {"count": f"{len(ends):,}", "limit": MAX_ENDS},
            code="too_many_ends",
            status=422,
        )


def _known(creator: User, use: str, uuids: list[UUID]) -> Known:
    """(key, status, terms, decided) of each video that is the creator's: one query."""
    videos = Video.objects.owned_by(creator).filter(uuid__in=uuids)
    joined = videos.annotate(frozen=FilteredRelation("consents", condition=Q(consents__use=use)))
    rows = joined.annotate(terms=F("frozen__terms"), decided=F("frozen__decided"))
    return {
        row[0]: (row[1], row[2], row[3], row[4])
        for row in rows.values_list("uuid", "pk", "status", "terms", "decided")
    }


def _two_days(line: Line) -> Refused:
    one, other = (date_format(last_day(end), "j F Y") for end in line.ends)
    return Refused(
        _(
            "%(written)s may be %(one)s or %(other)s. Write the last day with the year first, like "
            "2027-03-01."
        )
        % {"written": line.written, "one": one, "other": other},
        code="two_days",
        status=422,
    )


def _item(
    edit: Edit,
    line: Line,
    known: tuple[int, str, int | None, bool | None],
    *,
    terms: dict[datetime | None, Terms],
    current: dict[int, Terms],
) -> Item:
    """What the line asks for. `terms` are those made so far, by their end. Raises Refused for an
    end that cannot be, unless it is the one that the video has already."""
    key, status, before, decided = known
    item = Item(
        edit=edit, video_id=key, before_id=before, before_decided=bool(decided), after_id=before
    )
    item.after_decided = item.before_decided
    item.outcome = Outcome.ALREADY
    if line.state == "off":
        item.after_id, item.after_decided = None, True
        if before or not decided:
            item.outcome = Outcome.PENDING
    elif line.state == "allowed":
        kept = current.get(before or 0)
        asked = {day_text(end) for end in line.ends or (line.until,)}
        if kept and (line.keeps_end or day_text(kept.until) in asked):
            return item  # a file knows the day of an end, not its hour
        if line.ends:
            raise _two_days(line)
        if line.until not in terms:
            terms[line.until] = terms_for(edit.use, Grant(until=line.until))
        item.after_id, item.after_decided = terms[line.until].pk, True
        item.outcome = Outcome.PENDING
        if status != Video.Status.READY:
            item.outcome, item.reason = Outcome.NOT_ELIGIBLE, str(Reason.VIDEO_UNAVAILABLE)
    return item
