"""What was allowed on a day of the past: of a whole library, and of one video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.models import Event
from consent import spreadsheets
from consent.filters import SORTS
from consent.models import Item
from consent.past import Past, Stored, past_of, state_at, states_at, stored_at, withdrawn_at
from consent.past_counts import overview_at, total_at
from consent.policy import Reason
from consent.spreadsheets import STATE_WORDS, day_text
from consent.states import UseState
from consent.uses import USES
from consent.views.activity import Entry, entries
from consent.views.timeline import of_item
from consent.wording import REASON_LABELS
from creatorhub import days
from creatorhub.errors import Refused
from creatorhub.filtering import MESSAGES
from creatorhub.models import User
from creatorhub.pages import render_page
from creatorhub.paging import page_of, pager
from creatorhub.requests import SignedIn, login_required, require_known, without_empty
from library.models import Video

SIZE = 50
COLUMNS = (
    *("video", "title", "collection", "uploaded", "use"),
    *("state", "until", "reason", "changed", "by", "edit"),
)


class DayForm(forms.Form):
    """A day that is over or goes on, not before `first`, in the person's own zone."""

    day = forms.DateField(
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={key: str(text) for key, text in MESSAGES[forms.DateField].items()},
    )

    def __init__(self, *args: Any, first: date, before: str, **kwargs: Any) -> None:
        """`before` is said of a day before the first, with that as `%(day)s`."""
        super().__init__(*args, **kwargs)
        self.first, self.before = first, before
        self.fields["day"].label = _("At the end of")
        self.fields["day"].widget.attrs |= {
            "min": first.isoformat(),
            "max": timezone.localdate().isoformat(),
        }

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(
                _("This day has not come yet. Choose today, or a day before."), code="future"
            )
        if day < self.first:
            words = {"day": date_format(self.first, "j F Y")}
            raise forms.ValidationError(self.before % words, code="before")
        return day


@require_safe
@login_required
@without_empty
def as_it_stood(request: SignedIn) -> HttpResponse:
    """Of the library: how many videos allowed what, and each video. The number of queries depends
    neither on how many videos there are, nor on how many edits there were."""
    require_known(request.GET, "day", "removed", "after")
    form = _day_form(request)
    if not form.is_bound or not form.is_valid():
        status = 400 if form.is_bound else 200
        return render_page(request, "consent/as_it_stood.html", {"form": form}, status=status)
    past = _past(request.user, form.cleaned_data["day"])
    removed = past.removed_since()
    shown = removed if request.GET.get("removed") else past.present()
    page = page_of(
        shown,
        ordering=SORTS["newest"],
        size=SIZE,
        after=request.GET.get("after", ""),
        few=bool(request.GET.get("removed")),
    )
    total = total_at(past)
    overview = overview_at(past, videos=total)
    gone = removed.count()
    context = {
        "form": form,
        "day": form.cleaned_data["day"],
        "past": past,
        "above": _above(past, request.user),
        "total": total,
        "gone": gone,
        "removed": bool(request.GET.get("removed")),
        "cards": [_card(overview.facts(use), total) for use in USES],
        "uses": USES.values(),
        "rows": list(zip(page.items, map(dict.values, states_at(past, page.items)), strict=True)),
        **pager(request, page),
    }
    return render_page(request, "consent/as_it_stood.html", context)


@require_safe
@login_required
def as_it_stood_export(request: SignedIn) -> HttpResponseBase:
    """The same as CSV, streamed: a line for each video and use, of those removed since as well."""
    require_known(request.GET, "day")
    form = _day_form(request, data=request.GET)
    if not form.is_valid():
        raise Refused(str(form.errors["day"][0]), code="invalid_day")
    day = form.cleaned_data["day"]
    past, zone = _past(request.user, day), timezone.get_current_timezone()

    def made() -> Iterator[str]:
        with timezone.override(zone):  # the request's own was put away by now
            yield from spreadsheets.written(COLUMNS, _lines(past))

    return StreamingHttpResponse(
        made(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="as-it-stood-{day:%Y-%m-%d}.csv"'},
    )


@require_safe
@login_required
@without_empty
def video_as_it_stood(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Of one video, which may have been removed since: the state of each use, and which acts were
    behind it."""
    require_known(request.GET, "day")
    video = get_object_or_404(Video.objects.filter(owner=request.user), uuid=uuid)
    form = _day_form(request, video=video)
    context: dict[str, Any] = {"form": form, "video": video}
    if not form.is_bound or not form.is_valid():
        status = 400 if form.is_bound else 200
        return render_page(request, "consent/video_as_it_stood.html", context, status=status)
    past = _past(request.user, form.cleaned_data["day"])
    context |= {
        "day": form.cleaned_data["day"],
        "past": past,
        "was_removed": video.removed_at is not None and video.removed_at < past.moment,
        "states": _with_acts(past, video, request.user),
    }
    return render_page(request, "consent/video_as_it_stood.html", context)


def _day_form(request: SignedIn, *, video: Video | None = None, data: Any = None) -> DayForm:
    if video:
        first, before = video.created_at, _("This video was added on %(day)s. Choose a later day.")
    else:
        first, before = request.user.date_joined, _("Your account began on %(day)s.")
    if data is None:
        data = request.GET if "day" in request.GET else None
    return DayForm(data, first=timezone.localtime(first).date(), before=before)


def _past(creator: User, day: date) -> Past:
    """The end of the day; of today, now."""
    return past_of(creator, min(days.end_of(day), timezone.now()))


def _above(past: Past, reader: User) -> list[Entry]:
    """In words, what held back everything, with its receipt where it is in the reader's record."""
    events = [past.opted_out, past.restoring, *past.paused.values()]
    told = entries([event for event in events if event], reader=reader)
    return told + [_of_hold(past, use, 0) for use in USES if past.hold_on(use, 0)]


def _card(facts: Any, total: int) -> dict[str, Any]:
    held = [(REASON_LABELS[reason], number) for reason, number in facts.held.items()]
    return {"facts": facts, "held": held, "others": total - facts.stored, "total": total}


def _lines(past: Past) -> Iterator[Sequence[object]]:
    shown = chain(
        spreadsheets.batches(past.present(), SORTS["newest"]),
        spreadsheets.batches(past.removed_since(), SORTS["newest"]),
    )
    while some := list(islice(shown, spreadsheets.BATCH)):
        keys = [video.pk for video in some]
        stored, withdrawn = stored_at(past, keys), withdrawn_at(past, keys)
        for video in some:
            for use in USES:
                key = (video.pk, use)
                consent = stored.get(key, Stored())
                state = state_at(past, video, use, consent, withdrawn=withdrawn.get(key))
                yield _line(video, state, consent)


def _line(video: Video, state: UseState, stored: Stored) -> Sequence[object]:
    off = state.reason is Reason.WITHDRAWN
    return (
        str(video.uuid),
        video.title,
        video.collection,
        timezone.localtime(video.created_at).date().isoformat(),
        state.use.id,
        "off" if off else STATE_WORDS.get(state.stored, str(state.stored)),
        day_text(stored.terms.until if stored.terms else None),
        str(state.reason),
        timezone.localtime(state.since).isoformat(timespec="seconds") if state.since else "",
        state.who if stored.edit else "",
        str(stored.edit.uuid) if stored.edit else "",
    )


def _with_acts(past: Past, video: Video, reader: User) -> list[tuple[UseState, list[Entry]]]:
    """For each use its state, and in words what was behind it: first what held it back."""
    stored, withdrawn = stored_at(past, [video.pk]), withdrawn_at(past, [video.pk])
    held_back: list[Event] = [one for one in (past.opted_out, past.restoring) if one]
    told = entries([*held_back, *past.paused.values()], reader=reader)
    by_pause = dict(zip(past.paused, told[len(held_back) :], strict=True))
    found = []
    for use in USES:
        consent = stored.get((video.pk, use), Stored())
        state = state_at(past, video, use, consent, withdrawn=withdrawn.get((video.pk, use)))
        acts = told[: len(held_back)] + ([by_pause[use]] if use in by_pause else [])
        if past.hold_on(use, video.pk):
            acts.append(_of_hold(past, use, video.pk))
        notice = past.notices.get(use)
        if state.stored is Reason.NOTICE_CHANGED and notice and notice.published_at:
            acts.append(_of_notice(past, use))
        for edit in (withdrawn.get((video.pk, use)), consent.edit):
            item = edit and Item.objects.filter(edit=edit, video=video).with_details().first()
            if item:
                acts.append(of_item(item, reader))
        found.append((state, acts))
    return found


def _of_hold(past: Past, use: str, video: int) -> Entry:
    hold = past.hold_on(use, video)
    if hold is None:
        raise ValueError(f"Nothing holds {use} of {video}.")
    words = {"use": hold.label}
    text = _("CreatorHub staff put “%(use)s” of this video on hold") % words
    if hold.video_id is None:
        text = _("CreatorHub staff put “%(use)s” of everything on hold") % words
    return Entry(at=hold.placed_at, icon="hand", text=text, reason=hold.reason, url="")


def _of_notice(past: Past, use: str) -> Entry:
    notice = past.notices[use]
    words = {"use": USES[use].label, "title": notice.title, "version": notice.version}
    text = _("CreatorHub published new terms for “%(use)s”: “%(title)s”, version %(version)s")
    return Entry(
        at=notice.published_at or past.moment, icon="page", text=text % words, reason="", url=""
    )
