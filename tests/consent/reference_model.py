"""What one creator's consent must be after any run of acts: domain.md told in plain Python.

Knows no Django and reads no row. The numbers of videos are those of their keys' order. Services
and this book are given the same acts; a test compares what both say.
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
ITS_OWN = "its own"  # the key of an edit that was confirmed without one


@dataclass(frozen=True)
class Allowed:
    until: datetime | None
    notice: int


State = str | Allowed


class No(Exception):
    """An act that must be refused, with one of these codes."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


@dataclass
class Film:
    collection: str = ""
    via: str = "upload"
    ready: bool = True
    removed: bool = False
    state: State = UNDECIDED
    was_decided: bool = False  # something was said of it once, an undo of that included
    withdrawn_on: int = 0  # the turn of the last word against it
    granted_on: int = 0  # the turn of the word that it is allowed by

    @property
    def gone(self) -> bool:
        return self.removed or not self.ready


@dataclass
class Line:
    before: State
    after: State
    outcome: str

    @property
    def allows(self) -> bool:
        return isinstance(self.after, Allowed)

    @property
    def says_off(self) -> bool:
        """A line of a file that leaves a video undecided says nothing of it."""
        return not self.allows and not (self.outcome == ALREADY and self.after == UNDECIDED)


@dataclass(eq=False)
class Plan:
    """An edit. `turn` is when it was confirmed, 0 for a draft; `asked_under` what stood above all
    videos then."""

    change: str
    expires: datetime
    after: State = OFF
    query: Mapping[str, str] | None = None
    upto: int = -1
    under_terms: bool = False
    undoes: Plan | None = None
    same_as: Plan | None = None
    lines: dict[int, Line] = field(default_factory=dict)
    status: str = "draft"
    key: str | None = None
    turn: int = 0
    version: int = 0
    asked_under: tuple[bool, bool] = (False, False)
    cursor: int = -1
    chunks: list[list[int]] = field(default_factory=list)
    void: bool = False  # the creator opted out since: what it would still allow, it does not
    stopped: bool = False  # its job
    said: tuple[int, ...] = ()
    grants: bool = False
    withdraws: bool = False

    def counts(self) -> tuple[int, ...]:
        """(selected, changes, already, superseded, not eligible) as the lines stand."""
        of = Counter(line.outcome for line in self.lines.values())
        names = (ALREADY, SUPERSEDED, NOT_ELIGIBLE)
        return (len(self.lines), of[PENDING], *(of[name] for name in names))

    def result(self, n: int) -> str:
        outcome = self.lines[n].outcome
        if outcome != PENDING:
            return outcome
        if n <= self.cursor:
            return CHANGED
        return CANCELLED if self.status == "cancelled" else PENDING

    def changed(self) -> list[int]:
        return [n for n in self.lines if self.result(n) == CHANGED]

    def pending(self) -> list[Line]:
        return [line for line in self.lines.values() if line.outcome == PENDING]

    def settle(self, *, allows: Callable[[State], bool]) -> None:
        """Once all is frozen: its numbers, and what kind of an edit it is. `allows` says whether a
        state allows anything now: terms that have ended do not."""
        pending = self.pending()
        self.grants = any(allows(line.after) for line in pending)
        self.withdraws = any(
            isinstance(line.before, Allowed)
            and not allows(line.after)
            and (allows(line.before) or not line.allows)
            for line in pending
        )
        self.said = self.counts()

    @property
    def holds(self) -> bool:
        return self.status == "holding"

    @property
    def live(self) -> bool:
        return self.status in ("confirmed", "applying") or self.holds

    @property
    def withdrawing(self) -> bool:
        return self.holds or (self.live and self.withdraws)


@dataclass
class Book:
    now: datetime
    inside: int
    at_once: int
    chunk: int
    films: list[Film] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    opted_out: bool = False
    paused: bool = False
    notice: int = 1
    material: int = 1
    choice: tuple[Allowed, int] | None = None  # and the last video that it does not reach
    turn: int = 0
    version: int = 0
    changes: int = 0

    # What is so

    def reason(self, n: int, *, freezing: Plan | None = None) -> str:
        """`freezing` asks as that edit was asked for: what was said later does not count."""
        film = self.films[n]
        paused, opted_out = self.paused, self.opted_out
        if freezing and freezing.turn:
            paused, opted_out = freezing.asked_under
        if paused:
            return "paused"
        if film.gone:
            return "video_unavailable"
        if opted_out:
            return "opted_out"
        if any(self._withdraws(plan, n) for plan in self.plans if self._counts(plan, freezing)):
            return "withdrawn"
        return self.reason_of(film.state)

    def reason_of(self, state: State) -> str:
        if isinstance(state, str):
            return state
        if state.until and state.until <= self.now:
            return "expired"
        return "notice_changed" if state.notice < self.material else "allowed"

    def _allows(self, state: State) -> bool:
        return self.reason_of(state) == "allowed"

    def _counts(self, plan: Plan, freezing: Plan | None) -> bool:
        if freezing and freezing.turn:
            return plan.live and plan.turn < freezing.turn
        return plan.live and plan is not freezing

    def _withdraws(self, plan: Plan, n: int) -> bool:
        if plan.holds and isinstance(self.films[n].state, Allowed):
            return True
        line = plan.lines.get(n)
        return bool(line and not line.allows and plan.result(n) == PENDING)

    def mine(self) -> list[int]:
        return [n for n, film in enumerate(self.films) if not film.removed]

    def matching(
        self, query: Mapping[str, str], upto: int, *, freezing: Plan | None = None
    ) -> list[int]:
        found = [n for n in self.mine() if n <= upto]
        if "collection" in query:
            found = [n for n in found if self.films[n].collection == query["collection"]]
        if state := query.get("remix"):
            reasons = {n: self.reason(n, freezing=freezing) for n in found}
            found = [
                n
                for n in found
                if (reasons[n] != "allowed" if state == "off" else reasons[n] == state)
            ]
        return found

    def tally(self) -> Counter[Allowed]:
        return Counter(
            film.state for film in self.films if isinstance(film.state, Allowed) and not film.gone
        )

    # Drafts

    def terms(self, until: datetime | None) -> Allowed:
        if until and until <= self.now:
            raise No("end_in_the_past")
        return Allowed(until, self.notice)

    def draft(
        self,
        after: State | None,
        *,
        until: datetime | None = None,
        ids: Iterable[int] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Plan:
        """`after` None allows, until `until`."""
        chosen = sorted(set(ids or ()))
        if any(self.films[n].removed for n in chosen):
            raise No("not_found")
        upto = len(self.films) - 1
        if query is not None:
            chosen = self.matching(query, upto)
        if not chosen:
            raise No("empty_selection")
        wanted = self.terms(until) if after is None else after
        plan = self._new("allowed" if after is None else "off", after=wanted)
        plan.query, plan.upto = query, upto
        return self._freeze(plan, chosen, few=query is None or len(chosen) <= self.at_once)

    def draft_again(self, earlier: Plan, until: datetime | None) -> Plan:
        if earlier.status != "draft" or earlier.change != "allowed":
            raise No("stale")
        plan = self._new("allowed", after=self.terms(until))
        plan.same_as = earlier
        return self._freeze(plan, self._of(earlier), few=len(earlier.lines) <= self.at_once)

    def draft_listed(self, lines: Mapping[int, tuple[str, datetime | None]]) -> Plan:
        """From a file: for each video `allowed` until, `off`, or a word that leaves it alone."""
        terms, late = {}, False
        for state, until in lines.values():
            if state == "allowed":
                try:
                    terms[until] = self.terms(until)
                except No:
                    late = True
        if late or any(self.films[n].removed for n in lines):
            raise No("bad_spreadsheet")
        plan = self._new("listed")
        for n, (state, until) in sorted(lines.items()):
            film = self.films[n]
            line = Line(film.state, film.state, ALREADY)
            if state == "off" and film.state != OFF:
                line = Line(film.state, OFF, PENDING)
            elif state == "allowed":
                kept = self.reason_of(film.state) == "allowed"
                if not (kept and isinstance(film.state, Allowed) and film.state.until == until):
                    line = Line(film.state, terms[until], PENDING if film.ready else NOT_ELIGIBLE)
            plan.lines[n] = line
        plan.settle(allows=self._allows)
        return plan

    def undo(self, edit: Plan) -> Plan:
        if edit.live:
            raise No("still_applying")
        if edit.status not in ("applied", "cancelled") or not edit.changed():
            raise No("stale")
        inverse = next((plan for plan in self.plans if plan.undoes is edit), None)
        large = len(edit.changed()) > self.at_once
        if inverse and inverse.status in ("preparing", "holding"):
            return inverse
        if inverse and inverse.status == "draft" and large and inverse.expires > self.now:
            return inverse
        if inverse is None:
            inverse = self._new("former")
            inverse.undoes = edit
        elif inverse.turn:
            raise No("already_undone")
        inverse.status, inverse.stopped, inverse.lines = "draft", False, {}
        inverse.expires = self.now + LASTS
        return self._freeze(inverse, edit.changed(), few=not large)

    def _new(self, change: str, *, after: State = OFF) -> Plan:
        plan = Plan(change, self.now + LASTS, after=after)
        self.plans.append(plan)
        return plan

    def _of(self, plan: Plan) -> list[int]:
        return [n for n in self.mine() if n in plan.lines]

    def _freeze(self, plan: Plan, chosen: Iterable[int], *, few: bool) -> Plan:
        if not few:
            plan.status = "preparing"
            return plan
        self._write_down(plan, chosen)
        plan.settle(allows=self._allows)
        return plan

    def _write_down(self, plan: Plan, chosen: Iterable[int]) -> None:
        for n in sorted(chosen):
            film = self.films[n]
            if plan.undoes:
                undone = plan.undoes.lines[n]
                stands = film.state == undone.after
                line = Line(undone.after, undone.before, PENDING if stands else SUPERSEDED)
            elif not film.ready and isinstance(plan.after, Allowed):
                line = Line(film.state, plan.after, NOT_ELIGIBLE)
            else:
                same = film.state == plan.after
                line = Line(film.state, plan.after, ALREADY if same else PENDING)
            plan.lines[n] = line

    def _meant(self, plan: Plan) -> list[int]:
        """All that a plan that is preparing is about, as it would be found now."""
        if plan.undoes:
            return plan.undoes.changed()
        if plan.same_as:
            return self._of(plan.same_as)
        if plan.under_terms:
            allowed = [n for n in self.mine() if isinstance(self.films[n].state, Allowed)]
            return [n for n in allowed if n <= plan.upto]
        return self.matching(plan.query or {}, plan.upto, freezing=plan)

    # Making them true

    def confirm(self, plan: Plan, key: str) -> Plan:
        if plan.key == key:
            return plan
        if plan.status not in ("draft", "preparing", "expired"):
            raise No("already_confirmed")
        if any(other.key == key for other in self.plans):
            raise No("idempotency_key_reused")
        self._still_holds(plan)
        if plan.grants and self._busy(plan):
            raise No("busy")
        self._make_true(plan, key)
        return plan

    def _busy(self, plan: Plan) -> bool:
        return any(other.live for other in self.plans if other is not plan)

    def _still_holds(self, plan: Plan) -> None:
        if plan.status == "preparing":
            raise No("preparing")
        if plan.status == "expired" or plan.expires <= self.now:
            raise No("draft_expired")
        if plan.change == "former":
            return
        given = {plan.after} if plan.change == "allowed" else set()
        given |= {line.after for line in plan.pending()}
        codes = set()
        for terms in given:
            if not isinstance(terms, Allowed):
                continue
            if terms.until and terms.until <= self.now:
                codes.add("end_in_the_past")
            elif terms.notice != self.notice:
                codes.add("notice_changed")
        if codes:
            raise No(*codes)

    def turn_off(
        self,
        *,
        ids: Iterable[int] | None = None,
        query: Mapping[str, str] | None = None,
        key: str | None,
    ) -> Plan:
        done = next((plan for plan in self.plans if key and plan.key == key), None)
        if done and (done.live or done.version == self.version):
            return done
        plan = self.draft(OFF, ids=ids, query=query)
        self._take(plan, None if done else key)
        return plan

    def undo_now(self, edit: Plan) -> Plan:
        """Undone at once if that allows nothing; a draft otherwise."""
        inverse = self.undo(edit)
        allows = any(isinstance(edit.lines[n].before, Allowed) for n in edit.changed())
        if not allows and not inverse.holds:
            self._take(inverse, None)
        return inverse

    def _take(self, plan: Plan, key: str | None) -> None:
        if plan.status != "preparing":
            self._make_true(plan, key)
            return
        self._say(plan, key)
        plan.status = "holding"
        self.version += 1
        plan.version = self.version
        plan.asked_under = (self.paused, self.opted_out)
        for n in self._meant(plan):
            left_alone = n in plan.lines and plan.lines[n].outcome == SUPERSEDED
            stands = not plan.undoes or self.films[n].state == plan.undoes.lines[n].after
            if stands and not left_alone:
                self.films[n].withdrawn_on = self.turn

    def _say(self, plan: Plan, key: str | None) -> None:
        self.turn += 1
        plan.turn, plan.key = self.turn, key or ITS_OWN

    def _make_true(self, plan: Plan, key: str | None) -> None:
        self._say(plan, key)
        for n, line in plan.lines.items():
            if line.says_off and line.before == self.films[n].state:
                self.films[n].withdrawn_on = self.turn
        plan.version = self.version
        if len(plan.lines) <= self.inside:
            plan.status = "applied"
            if self._apply(plan, self.inside):
                self.version += 1
                plan.version = self.version
        elif not plan.pending():
            plan.status, plan.cursor = "applied", max(plan.lines)
        else:
            self.version += 1
            plan.version, plan.status = self.version, "confirmed"

    def _apply(self, plan: Plan, most: int) -> int:
        """The next lines; how many videos they changed."""
        due = [n for n in sorted(plan.lines) if n > plan.cursor][:most]
        later = [
            other
            for other in self.plans
            if plan.grants
            and other.turn > plan.turn
            and other.change != "allowed"
            and other.status in ("confirmed", "applying", "applied")
        ]
        changed = 0
        for n in due:
            line, film = plan.lines[n], self.films[n]
            if line.outcome != PENDING:
                continue
            contradicted = plan.void or any(
                n in other.lines and other.lines[n].says_off for other in later
            )
            if line.allows and film.gone:
                line.outcome = NOT_ELIGIBLE
            elif film.state != line.before or (line.allows and contradicted):
                line.outcome = SUPERSEDED
            else:
                film.state, film.was_decided = line.after, True
                film.granted_on = plan.turn
                changed += 1
        if due:
            plan.cursor = due[-1]
            plan.chunks.append(due)
        self.changes += changed
        return changed

    def runnable(self) -> list[Plan]:
        return [plan for plan in self.plans if plan.status in OPEN and not plan.stopped]

    def step(self, plan: Plan) -> None:
        """What one turn of its job does."""
        if plan.status in ("preparing", "holding"):
            last = max(plan.lines, default=-1)
            due = [n for n in sorted(self._meant(plan)) if n > last][: self.at_once]
            self._write_down(plan, due)
            if len(due) < self.at_once:
                plan.settle(allows=self._allows)
                plan.status = "confirmed" if plan.holds else "draft"
            return
        if plan.grants and any(other.holds for other in self.plans):
            return
        if all(n <= plan.cursor for n in plan.lines):
            plan.status = "applied"
            return
        self._apply(plan, self.chunk)
        self.version += 1
        plan.status = "applying"

    def cancel(self, plan: Plan) -> None:
        if plan.status == "cancelled":
            return
        if plan.status == "draft":
            raise No("draft")
        if plan.status not in OPEN:
            raise No("already_applied")
        if plan.withdrawing:
            raise No("in_force")
        plan.status, plan.stopped = "cancelled", True

    # All at once

    def opt_out(self) -> None:
        if self.opted_out:
            return
        self.opted_out = True
        self.version += 1
        for plan in self.plans:
            if plan.live and plan.grants and not plan.withdraws:
                plan.status, plan.stopped = "cancelled", True
            plan.void = plan.void or plan.live

    def opt_in(self, restore: str) -> None:
        if not self.opted_out:
            return
        if restore == "all_off":
            self._clear()
        self.opted_out = False
        self.version += 1

    def _clear(self) -> None:
        stored = [n for n, film in enumerate(self.films) if isinstance(film.state, Allowed)]
        chosen = [n for n in stored if not self.films[n].removed]
        if chosen:
            plan = self._new("off")
            plan.upto, plan.under_terms = stored[-1], True
            self._freeze(plan, chosen, few=len(chosen) <= self.at_once)
            self._take(plan, None)
        self.turn += 1
        for film in self.films:
            film.withdrawn_on = self.turn
        self.choice = None

    def publish(self, *, material: bool) -> None:
        self.notice += 1
        self.material = self.notice if material else self.material

    def remove(self, n: int) -> None:
        if not self.films[n].removed:
            self.films[n].removed = True
            self.version += 1

    # Uploads

    def choose(self, until: datetime | None, *, allow: bool) -> None:
        terms = self.terms(until) if allow else None
        if terms != (self.choice[0] if self.choice else None):
            self.choice = (terms, len(self.films) - 1) if terms else None

    def becomes_ready(self, n: int) -> Plan | None:
        film = self.films[n]
        film.ready = True
        if self.opted_out or not self.choice or film.via not in ("upload", "api"):
            return None
        terms, last = self.choice
        if n <= last or film.was_decided or film.removed or self.reason_of(terms) != "allowed":
            return None
        if any(plan.live and self._means_off(plan, n) for plan in self.plans):
            return None
        plan = self._new("allowed", after=terms)
        self._freeze(plan, [n], few=True)
        self._make_true(plan, None)
        return plan

    def _means_off(self, plan: Plan, n: int) -> bool:
        line = plan.lines.get(n)
        if line and not line.allows and plan.result(n) == PENDING:
            return True
        return plan.holds and n in self._meant(plan)

    # Time

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def expire(self) -> None:
        for plan in self.plans:
            if plan.turn:
                continue
            if plan.status in ("draft", "preparing") and plan.expires <= self.now:
                plan.status, plan.stopped = "expired", True
            if plan.status in ("expired", "cancelled"):
                plan.lines = {}
