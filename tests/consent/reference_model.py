"""What one creator's consent must be after any sequence of acts: the rules in plain Python.

Uses no Django and reads no row. A video is a number: its place in the order of keys. The services
and this model are given the same acts, and a test compares the results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

UNDECIDED, OFF = "undecided", "off"
PENDING, CHANGED, ALREADY = "pending", "changed", "already"
SUPERSEDED, NOT_ELIGIBLE, CANCELLED = "superseded", "not_eligible", "cancelled"
OPEN = ("preparing", "holding", "confirmed", "applying")
LASTS = timedelta(hours=24)
ITS_OWN = "its own"  # the key of an edit that was confirmed without a key


@dataclass(frozen=True)
class Allowed:
    until: datetime | None
    notice: int


State = str | Allowed


class Refusal(Exception):
    """The service must refuse this act, with one of these codes."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


@dataclass
class Video:
    collection: str = ""
    via: str = "upload"
    ready: bool = True
    removed: bool = False
    state: State = UNDECIDED
    was_decided: bool = False  # once in its life, also where that was undone
    last_withdrawal: int = 0  # Edit.order of the last one against it
    last_grant: int = 0  # Edit.order of the one that allowed it
    last_edit: Edit | None = None  # the one that changed it last

    @property
    def unavailable(self) -> bool:
        return self.removed or not self.ready


@dataclass
class Item:
    before: State
    after: State
    outcome: str

    @property
    def allows(self) -> bool:
        return isinstance(self.after, Allowed)

    @property
    def turns_off(self) -> bool:
        """Not a line of a spreadsheet that leaves a video undecided."""
        return not self.allows and not (self.outcome == ALREADY and self.after == UNDECIDED)


@dataclass(eq=False)
class Edit:
    """`order` counts confirms; 0 for a draft. `confirmed_under` is what was in force for all videos
    when it was confirmed: paused, opted out."""

    change: str
    expires: datetime
    after: State = OFF
    keeps_ends: bool = False  # what is allowed keeps its own end
    query: Mapping[str, str] | None = None
    upto: int = -1
    under_terms: bool = False
    undoes: Edit | None = None
    same_as: Edit | None = None
    items: dict[int, Item] = field(default_factory=dict)
    status: str = "draft"
    key: str | None = None
    order: int = 0
    version: int = 0
    confirmed_under: tuple[bool, bool] = (False, False)
    cursor: int = -1
    chunks: list[list[int]] = field(default_factory=list)
    void: bool = False  # the creator has opted out since: it allows nothing more
    job_stopped: bool = False
    shown: tuple[int, ...] = ()
    grants: bool = False
    withdraws: bool = False

    def counts(self) -> tuple[int, ...]:
        """(selected, will change, already, superseded, not eligible), as the items are now."""
        of = Counter(item.outcome for item in self.items.values())
        names = (ALREADY, SUPERSEDED, NOT_ELIGIBLE)
        return (len(self.items), of[PENDING], *(of[name] for name in names))

    def result(self, n: int) -> str:
        outcome = self.items[n].outcome
        if outcome != PENDING:
            return outcome
        if n <= self.cursor:
            return CHANGED
        return CANCELLED if self.status == "cancelled" else PENDING

    def changed(self) -> list[int]:
        return [n for n in self.items if self.result(n) == CHANGED]

    def pending(self) -> list[Item]:
        return [item for item in self.items.values() if item.outcome == PENDING]

    def settle(self, *, allows: Callable[[State], bool]) -> None:
        """When all items are written: the numbers that the preview shows, and whether it grants or
        withdraws. `allows` says whether a state allows anything now: terms that have ended do not.
        """
        pending = self.pending()
        self.grants = any(allows(item.after) for item in pending)
        self.withdraws = any(
            isinstance(item.before, Allowed)
            and not allows(item.after)
            and (allows(item.before) or not item.allows)
            for item in pending
        )
        self.shown = self.counts()

    @property
    def is_holding(self) -> bool:
        return self.status == "holding"

    @property
    def is_live(self) -> bool:
        return self.status in ("confirmed", "applying") or self.is_holding

    @property
    def is_withdrawing(self) -> bool:
        return self.is_holding or (self.is_live and self.withdraws)


@dataclass
class Hold:
    """By staff, of one video or (None) of all, from one version of the consent state to another."""

    video: int | None
    since: int
    until: int | None = None


@dataclass
class ReferenceModel:
    now: datetime
    max_inline: int
    max_freeze_inline: int
    chunk_size: int
    videos: list[Video] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    opted_out: bool = False
    paused: bool = False
    notice: int = 2
    material: int = 1
    upload_default: tuple[Allowed, int] | None = None  # and the last video that it does not reach
    order: int = 0
    version: int = 0
    changes: int = 0

    # Decisions

    def reason(self, n: int, *, freezing: Edit | None = None) -> str:
        """The reason that the policy gives; with `freezing`, as of the confirm of that edit: what
        came later does not count."""
        paused, opted_out, held = self.paused, self.opted_out, self._is_held(n, freezing)
        if freezing and freezing.order:
            paused, opted_out = freezing.confirmed_under
        if paused:
            return "paused"
        if self.videos[n].unavailable:
            return "video_unavailable"
        if opted_out:
            return "opted_out"
        return "held" if held else self.stored(n, freezing=freezing)

    def stored(self, n: int, *, freezing: Edit | None = None) -> str:
        """The reason without a pause, the opt-out and holds of staff."""
        video = self.videos[n]
        if video.unavailable:
            return "video_unavailable"
        if any(self._withdraws(edit, n) for edit in self.edits if self._counts(edit, freezing)):
            return "withdrawn"
        return self.reason_of(video.state)

    def reason_of(self, state: State) -> str:
        if isinstance(state, str):
            return state
        if state.until and state.until <= self.now:
            return "expired"
        return "notice_changed" if state.notice < self.material else "allowed"

    def _allows(self, state: State) -> bool:
        return self.reason_of(state) == "allowed"

    def _counts(self, edit: Edit, freezing: Edit | None) -> bool:
        if freezing and freezing.order:
            return edit.is_live and edit.order < freezing.order
        return edit.is_live and edit is not freezing

    def _withdraws(self, edit: Edit, n: int) -> bool:
        if edit.is_holding and isinstance(self.videos[n].state, Allowed):
            return True
        item = edit.items.get(n)
        if not item or edit.result(n) != PENDING:
            return False
        return not item.allows or (edit.change == "former" and not self._allows(item.after))

    def _is_held(self, n: int, freezing: Edit | None) -> bool:
        """With `freezing`, whether it was when that edit was confirmed."""
        at = freezing.version if freezing and freezing.order else self.version
        return any(
            hold.since <= at and (hold.until is None or hold.until > at)
            for hold in self.holds
            if hold.video in (None, n)
        )

    def mine(self) -> list[int]:
        return [n for n, video in enumerate(self.videos) if not video.removed]

    def matching(
        self, query: Mapping[str, str], upto: int, *, freezing: Edit | None = None
    ) -> list[int]:
        found = [n for n in self.mine() if n <= upto]
        if "collection" in query:
            found = [n for n in found if self.videos[n].collection == query["collection"]]
        if state := query.get("remix"):
            stored = {n: self.stored(n, freezing=freezing) for n in found}
            found = [
                n
                for n in found
                if (stored[n] != "allowed" if state == "off" else stored[n] == state)
            ]
        if reason := query.get("reason"):
            found = [n for n in found if self.reason(n, freezing=freezing) == reason]
        return found

    def consent_counts(self) -> Counter[Allowed]:
        return Counter(
            video.state
            for video in self.videos
            if isinstance(video.state, Allowed) and not video.unavailable
        )

    # Drafts

    def terms(self, until: datetime | None) -> Allowed:
        if until and until <= self.now:
            raise Refusal("end_in_the_past")
        return Allowed(until, self.notice)

    def draft(
        self,
        after: State | None,
        *,
        until: datetime | None = None,
        keeps_ends: bool = False,
        ids: Iterable[int] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Edit:
        """Allows until `until` where `after` is None."""
        chosen = sorted(set(ids or ()))
        if any(self.videos[n].removed for n in chosen):
            raise Refusal("not_found")
        upto = len(self.videos) - 1
        if query is not None:
            chosen = self.matching(query, upto)
        if not chosen:
            raise Refusal("empty_selection")
        wanted = self.terms(until) if after is None else after
        edit = self._new("allowed" if after is None else "off", after=wanted)
        edit.query, edit.upto, edit.keeps_ends = query, upto, keeps_ends
        return self._freeze(
            edit, chosen, few=query is None or len(chosen) <= self.max_freeze_inline
        )

    def draft_as_it_stands(self, ids: Iterable[int]) -> Edit:
        """With the one end that these videos have; each with its own if they have several."""
        states = [self.videos[n].state for n in set(ids) if self.videos[n].ready]
        lasting = {
            state.until
            for state in states
            if isinstance(state, Allowed) and not (state.until and state.until <= self.now)
        }
        if len(lasting) > 1:
            return self.draft(None, keeps_ends=True, ids=ids)
        return self.draft(None, until=next(iter(lasting), None), ids=ids)

    def draft_again(
        self, earlier: Edit, until: datetime | None, *, keeps_ends: bool = False
    ) -> Edit:
        if earlier.status != "draft" or earlier.change != "allowed":
            raise Refusal("stale")
        edit = self._new("allowed", after=self.terms(until))
        edit.same_as, edit.keeps_ends = earlier, keeps_ends
        return self._freeze(
            edit, self._videos_of(earlier), few=len(earlier.items) <= self.max_freeze_inline
        )

    def draft_listed(self, file: Mapping[int, tuple[str, datetime | None]]) -> Edit:
        """From a spreadsheet: a video is `allowed` until then, or `off`; another word leaves it."""
        terms, late = {}, False
        for state, until in file.values():
            if state == "allowed":
                try:
                    terms[until] = self.terms(until)
                except Refusal:
                    late = True
        if late or any(self.videos[n].removed for n in file):
            raise Refusal("bad_spreadsheet")
        edit = self._new("listed")
        for n, (state, until) in sorted(file.items()):
            video = self.videos[n]
            item = Item(video.state, video.state, ALREADY)
            if state == "off" and video.state != OFF:
                item = Item(video.state, OFF, PENDING)
            elif state == "allowed":
                kept = self.reason_of(video.state) == "allowed"
                if not (kept and isinstance(video.state, Allowed) and video.state.until == until):
                    item = Item(video.state, terms[until], PENDING if video.ready else NOT_ELIGIBLE)
            edit.items[n] = item
        edit.settle(allows=self._allows)
        return edit

    def undo(self, undone: Edit) -> Edit:
        if undone.is_live:
            raise Refusal("still_applying")
        if undone.status not in ("applied", "cancelled") or not undone.changed():
            raise Refusal("stale")
        inverse = next((edit for edit in self.edits if edit.undoes is undone), None)
        large = len(undone.changed()) > self.max_freeze_inline
        if inverse and inverse.status in ("preparing", "holding"):
            return inverse
        if inverse and inverse.status == "draft" and large and inverse.expires > self.now:
            return inverse
        if inverse is None:
            inverse = self._new("former")
            inverse.undoes = undone
        elif inverse.order:
            raise Refusal("already_undone")
        inverse.status, inverse.job_stopped, inverse.items = "draft", False, {}
        inverse.expires = self.now + LASTS
        return self._freeze(inverse, undone.changed(), few=not large)

    def _new(self, change: str, *, after: State = OFF) -> Edit:
        edit = Edit(change, self.now + LASTS, after=after)
        self.edits.append(edit)
        return edit

    def _videos_of(self, edit: Edit) -> list[int]:
        return [n for n in self.mine() if n in edit.items]

    def _freeze(self, edit: Edit, chosen: Iterable[int], *, few: bool) -> Edit:
        if not few:
            edit.status = "preparing"
            return edit
        self._write_items(edit, chosen)
        edit.settle(allows=self._allows)
        return edit

    def _write_items(self, edit: Edit, chosen: Iterable[int]) -> None:
        for n in sorted(chosen):
            video = self.videos[n]
            if edit.undoes:
                undone = edit.undoes.items[n]
                item = Item(undone.after, undone.before, PENDING)
                if self._is_stale(edit, n, item):
                    item.outcome = SUPERSEDED
            elif not video.ready and isinstance(edit.after, Allowed):
                item = Item(video.state, edit.after, NOT_ELIGIBLE)
            else:
                after = self._wanted(edit, video.state)
                item = Item(video.state, after, ALREADY if video.state == after else PENDING)
            edit.items[n] = item

    def _is_stale(self, edit: Edit, n: int, item: Item) -> bool:
        """Whether an item no longer fits its video: an undo fits what the edit that it undoes was
        the last to change, and allows nothing that a newer one turned off once more."""
        if edit.undoes is None:
            return self.videos[n].state != item.before
        changed = self.videos[n].last_edit is not edit.undoes
        return changed or (item.allows and self._contradicted(edit, n))

    def _contradicted(self, edit: Edit, n: int) -> bool:
        """Whether a newer edit than this, or than the one that it undoes, turns the video off."""
        first = edit.undoes or edit
        for other in self.edits:
            if other in (edit, first) or other.order <= first.order or other.change == "allowed":
                continue
            item = other.items.get(n)
            confirmed = other.status in ("confirmed", "applying", "applied")
            ends = item and (item.turns_off or (item.allows and not self._allows(item.after)))
            if ends and confirmed:
                return True
        return False

    def _wanted(self, edit: Edit, state: State) -> State:
        """What an edit makes of this state."""
        if not edit.keeps_ends or isinstance(edit.after, str) or isinstance(state, str):
            return edit.after
        has_ended = state.until is not None and state.until <= self.now
        return edit.after if has_ended else Allowed(state.until, edit.after.notice)

    def _selected(self, edit: Edit) -> list[int]:
        """The videos of an edit whose items are not all written, as found now."""
        if edit.undoes:
            return edit.undoes.changed()
        if edit.same_as:
            return self._videos_of(edit.same_as)
        if edit.under_terms:
            allowed = [n for n in self.mine() if isinstance(self.videos[n].state, Allowed)]
            return [n for n in allowed if n <= edit.upto]
        return self.matching(edit.query or {}, edit.upto, freezing=edit)

    # Putting them into force

    def confirm(self, edit: Edit, key: str, *, expected: int | None = None) -> Edit:
        if edit.key == key:
            return edit
        if edit.status == "cancelled" and not edit.key:
            raise Refusal("cancelled")
        if edit.status not in ("draft", "preparing", "expired"):
            raise Refusal("already_confirmed")
        if any(other.key == key for other in self.edits):
            raise Refusal("idempotency_key_reused")
        self._check_draft(edit)
        if expected is not None and expected != self.would_change(edit):
            raise Refusal("changed_since")
        if (edit.grants or edit.change == "allowed") and self._busy(edit):
            raise Refusal("busy")
        self._put_into_force(edit, key)
        return edit

    def would_change(self, edit: Edit) -> int:
        """How many videos a confirm would change now."""
        there = {n: item for n, item in edit.items.items() if item.outcome == PENDING}
        return sum(
            not self._is_stale(edit, n, item) and not (item.allows and self.videos[n].removed)
            for n, item in there.items()
        )

    def _busy(self, edit: Edit) -> bool:
        return any(other.is_live for other in self.edits if other is not edit)

    def _check_draft(self, edit: Edit) -> None:
        if edit.status == "preparing":
            raise Refusal("preparing")
        if edit.status == "expired" or edit.expires <= self.now:
            raise Refusal("draft_expired")
        if edit.change == "former":
            return
        given = {edit.after} if edit.change == "allowed" and not edit.keeps_ends else set()
        given |= {item.after for item in edit.pending()}
        codes = set()
        for terms in given:
            if not isinstance(terms, Allowed):
                continue
            if terms.until and terms.until <= self.now:
                codes.add("end_in_the_past")
            elif terms.notice != self.notice:
                codes.add("notice_changed")
        if codes:
            raise Refusal(*codes)

    def turn_off(
        self,
        *,
        ids: Iterable[int] | None = None,
        query: Mapping[str, str] | None = None,
        key: str | None,
    ) -> Edit:
        done = next((edit for edit in self.edits if key and edit.key == key), None)
        if done and (done.is_live or done.version == self.version):
            return done
        edit = self.draft(OFF, ids=ids, query=query)
        self._confirm_at_once(edit, None if done else key)
        return edit

    def undo_now(self, undone: Edit) -> Edit:
        """Undone at once if that allows nothing, otherwise a draft."""
        inverse = self.undo(undone)
        allows = any(isinstance(undone.items[n].before, Allowed) for n in undone.changed())
        if not allows and not inverse.is_holding:
            self._confirm_at_once(inverse, None)
        return inverse

    def _confirm_at_once(self, edit: Edit, key: str | None) -> None:
        if edit.status != "preparing":
            self._put_into_force(edit, key)
            return
        self._mark_confirmed(edit, key)
        edit.status = "holding"
        self.version += 1
        edit.version = self.version
        edit.confirmed_under = (self.paused, self.opted_out)
        for n in self._selected(edit):
            left_alone = n in edit.items and edit.items[n].outcome == SUPERSEDED
            stands = not edit.undoes or self.videos[n].last_edit is edit.undoes
            if stands and not left_alone:
                self.videos[n].last_withdrawal = self.order

    def _mark_confirmed(self, edit: Edit, key: str | None) -> None:
        self.order += 1
        edit.order, edit.key = self.order, key or ITS_OWN

    def _put_into_force(self, edit: Edit, key: str | None) -> None:
        self._mark_confirmed(edit, key)
        for n, item in edit.items.items():
            if item.turns_off and not self._is_stale(edit, n, item):
                self.videos[n].last_withdrawal = self.order
        edit.version = self.version
        if len(edit.items) <= self.max_inline:
            edit.status = "applied"
            if self._apply(edit, self.max_inline):
                self.version += 1
                edit.version = self.version
        elif not edit.pending():
            edit.status, edit.cursor = "applied", max(edit.items)
        else:
            self.version += 1
            edit.version, edit.status = self.version, "confirmed"

    def _apply(self, edit: Edit, most: int) -> int:
        """Apply the next items. Returns how many videos they changed."""
        due = [n for n in sorted(edit.items) if n > edit.cursor][:most]
        changed = 0
        for n in due:
            item, video = edit.items[n], self.videos[n]
            if item.outcome != PENDING:
                continue
            contradicted = edit.void or (edit.grants and self._contradicted(edit, n))
            if item.allows and video.unavailable:
                item.outcome = NOT_ELIGIBLE
            elif self._is_stale(edit, n, item) or (item.allows and contradicted):
                item.outcome = SUPERSEDED
            else:
                video.state, video.was_decided = item.after, True
                video.last_grant, video.last_edit = edit.order, edit
                changed += 1
        if due:
            edit.cursor = due[-1]
            edit.chunks.append(due)
        self.changes += changed
        return changed

    def runnable(self) -> list[Edit]:
        return [edit for edit in self.edits if edit.status in OPEN and not edit.job_stopped]

    def step(self, edit: Edit) -> None:
        """What one transaction of its job does."""
        if edit.status in ("preparing", "holding"):
            last = max(edit.items, default=-1)
            due = [n for n in sorted(self._selected(edit)) if n > last][: self.max_freeze_inline]
            self._write_items(edit, due)
            if len(due) < self.max_freeze_inline:
                edit.settle(allows=self._allows)
                edit.status = "confirmed" if edit.is_holding else "draft"
            return
        if edit.grants and any(other.is_holding for other in self.edits):
            return
        if all(n <= edit.cursor for n in edit.items):
            edit.status = "applied"
            return
        self._apply(edit, self.chunk_size)
        self.version += 1
        edit.status = "applying"

    def cancel(self, edit: Edit) -> None:
        if edit.status == "cancelled":
            return
        if edit.status == "draft":
            raise Refusal("draft")
        if edit.status == "expired":
            raise Refusal("draft_expired")
        if edit.status not in OPEN:
            raise Refusal("already_applied")
        if edit.is_withdrawing:
            raise Refusal("in_force")
        edit.status, edit.job_stopped = "cancelled", True

    # All at once

    def opt_out(self) -> None:
        if self.opted_out:
            return
        self.opted_out = True
        self.version += 1
        for edit in self.edits:
            if edit.is_live and edit.grants and not edit.withdraws:
                edit.status, edit.job_stopped = "cancelled", True
            edit.void = edit.void or edit.is_live

    def opt_in(self, restore: str) -> None:
        if not self.opted_out:
            return
        if restore == "all_off":
            self._turn_everything_off()
            for edit in self.edits:
                grants = edit.status == "draft" and edit.grants
                if edit.change != "off" and (edit.status == "preparing" or grants):
                    edit.status, edit.job_stopped = "cancelled", True
        self.opted_out = False
        self.version += 1

    def _turn_everything_off(self) -> None:
        stored = [n for n, video in enumerate(self.videos) if isinstance(video.state, Allowed)]
        chosen = [n for n in stored if not self.videos[n].removed]
        if chosen:
            edit = self._new("off")
            edit.upto, edit.under_terms = stored[-1], True
            self._freeze(edit, chosen, few=len(chosen) <= self.max_freeze_inline)
            self._confirm_at_once(edit, None)
        self.order += 1
        for video in self.videos:
            video.last_withdrawal = self.order
        self.upload_default = None

    def hold(self, chosen: Iterable[int | None]) -> list[int | None]:
        """By staff; None is everything. Returns what was not held in the same way before."""
        standing = {hold.video for hold in self.holds if hold.until is None}
        wanted = [n for n in chosen if n not in standing]
        if wanted:
            self.version += 1
            self.holds += [Hold(n, self.version) for n in wanted]
        return wanted

    def lift(self, hold: Hold) -> int:
        if hold.until is not None:
            return 0
        self.version += 1
        hold.until = self.version
        return 1

    def publish(self, *, material: bool) -> None:
        self.notice += 1
        self.material = self.notice if material else self.material

    def remove(self, n: int) -> None:
        if not self.videos[n].removed:
            self.videos[n].removed = True
            self.version += 1

    # Uploads

    def set_upload_default(self, until: datetime | None, *, allow: bool) -> None:
        terms = self.terms(until) if allow else None
        if terms != (self.upload_default[0] if self.upload_default else None):
            self.upload_default = (terms, len(self.videos) - 1) if terms else None

    def becomes_ready(self, n: int) -> Edit | None:
        video = self.videos[n]
        video.ready = True
        if self.opted_out or not self.upload_default or video.via not in ("upload", "api"):
            return None
        terms, last = self.upload_default
        if n <= last or video.was_decided or video.removed or self.reason_of(terms) != "allowed":
            return None
        if any(edit.is_live and self._will_turn_off(edit, n) for edit in self.edits):
            return None
        edit = self._new("allowed", after=terms)
        self._freeze(edit, [n], few=True)
        self._put_into_force(edit, None)
        return edit

    def _will_turn_off(self, edit: Edit, n: int) -> bool:
        item = edit.items.get(n)
        if item and not item.allows and edit.result(n) == PENDING:
            return True
        return edit.is_holding and n in self._selected(edit)

    # Time

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def expire(self) -> None:
        for edit in self.edits:
            if edit.order:
                continue
            if edit.status in ("draft", "preparing") and edit.expires <= self.now:
                edit.status, edit.job_stopped = "expired", True
            if edit.status in ("expired", "cancelled"):
                edit.items = {}
