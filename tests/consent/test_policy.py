"""The decision over its whole input space, and its SQL twin over every state a row can have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from time_machine import TimeMachineFixture
from waffle.testutils import override_switch

from consent import policy, querysets, selection, services, wording
from consent.models import Block, Consent, ConsentState, Edit, Hold, Item, Journal, Notice, Terms
from consent.policy import Facts, Reason
from consent.querysets import AsOf
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from tests.conftest import LargeEdits
from tests.decisions import reason_of
from tests.factories import make_consent, make_user, make_videos

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MATERIAL = 3  # the version of the last notice that makes older permissions lapse
# By staff: each video by itself, everything of the use, an end of one, one that came after an end.
HOLDS = ["none", "video", "everything", "lifted", "again"]
WITHDRAWALS = ["none", "confirmed", "applying", "draft"]
NAMES = [field.name for field in fields(Facts)]

# The table of the decision, written once more by hand: (fact, value that says no, reason).
TABLE = [
    ("restoring", True, "restoring"),
    ("paused", True, "paused"),
    ("available", False, "video_unavailable"),
    ("opted_out", True, "opted_out"),
    ("held", True, "held"),
    ("being_withdrawn", True, "withdrawn"),
    ("decided", False, "undecided"),
    ("allowed_by_terms", False, "off"),
    ("ended", True, "expired"),
    ("notice_superseded", True, "notice_changed"),
    ("blocked", True, "blocked"),
    ("in_audience", False, "not_in_audience"),
    ("approval_missing", True, "approval_needed"),
]


def every_fact() -> Iterator[Facts]:
    for values in itertools.product([False, True], repeat=len(NAMES)):
        yield Facts(**dict(zip(NAMES, values, strict=True)))


def expected(facts: Facts) -> str:
    for name, value, reason in TABLE:
        if getattr(facts, name) is value:
            return reason
    return "allowed"


def test_the_first_fact_that_says_no_gives_the_reason() -> None:
    for facts in every_fact():
        assert policy.decide(facts).reason == expected(facts)


def test_allowed_is_the_only_yes() -> None:
    for facts in every_fact():
        decision = policy.decide(facts)
        assert decision.allowed is (decision.reason is Reason.ALLOWED)


def test_facts_nobody_set_are_a_no() -> None:
    nothing = Facts(**dict.fromkeys(NAMES, False))

    assert policy.decide(nothing) == policy.Decision(allowed=False, reason=Reason.VIDEO_UNAVAILABLE)


@dataclass
class Row:
    """A video, and what is stored about it for one use."""

    video: Video
    use: str
    opted_out: bool
    holding: bool  # an edit that does not know its videos yet turns the use off
    hold: str  # by staff: see HOLDS
    blocks: bool  # this creator blocks the person who asks
    consent: Terms | str
    withdrawal: str

    @property
    def terms(self) -> Terms | None:
        return self.consent if isinstance(self.consent, Terms) else None

    def facts(self, *, paused: bool, asked_by_the_blocked: bool = False) -> Facts:
        """What SQL must find, from what was written."""
        terms, consent = self.terms, self.consent
        withdrawn = self.withdrawal in ("confirmed", "applying")
        return Facts(
            restoring=False,
            paused=paused,
            available=self.video.status == "ready" and self.video.removed_at is None,
            opted_out=self.opted_out,
            held=self.hold in ("video", "everything", "again"),
            being_withdrawn=withdrawn or (self.holding and terms is not None),
            decided=consent not in ("none", "undone"),
            allowed_by_terms=terms is not None,
            ended=bool(terms and terms.until and terms.until <= NOW),
            notice_superseded=bool(terms and terms.notice.version < MATERIAL),
            blocked=self.blocks and asked_by_the_blocked,
            in_audience=True,
            approval_missing=bool(terms and terms.mode == "ask"),
        )


@pytest.fixture
def blocked(db: None) -> User:
    """Asks, and is blocked by some of the creators."""
    return make_user("blocked")


@pytest.fixture
def every_row(db: None, blocked: User, large_edits: LargeEdits) -> list[Row]:
    """A video for each state that its rows can have, for each use: status × removed × (opted out,
    held, blocking) × being withdrawn × consent (none, put back to undecided, off, every kind of
    terms). What is stored about the other use differs."""
    large_edits(freeze=0)
    consents: dict[str, list[Terms | str]] = {
        use: ["none", "undone", "off", *_every_terms(use)] for use in USES
    }
    rows: list[Row] = []
    owners: list[tuple[bool | None, str, str, bool]] = [
        *((opted_out, "", "none", False) for opted_out in (None, False, True)),
        *((None, use, "none", False) for use in USES),
        *((None, "", hold, False) for hold in HOLDS[1:]),
        *((opted_out, "", hold, True) for opted_out in (None, True) for hold in HOLDS[:2]),
    ]
    for opted_out, holding, hold, blocks in owners:
        owner = make_user()
        if blocks:
            Block.objects.create(creator=owner, person=blocked)
        if opted_out is not None:
            ConsentState.objects.create(creator=owner, opted_out=opted_out, version=3)
        for status, removed in itertools.product(Video.Status.values, [None, NOW]):
            for shift, use in enumerate(USES):
                states = list(itertools.product(WITHDRAWALS, consents[use]))
                if not shift:
                    videos = make_videos(
                        len(states), owner=owner, status=status, removed_at=removed
                    )
                place = 41 * shift
                rows += [
                    Row(
                        *(video, use, bool(opted_out), holding == use, hold, blocks),
                        *(consent, withdrawal),
                    )
                    for video, (withdrawal, consent) in zip(
                        videos, states[place:] + states[:place], strict=True
                    )
                ]
    _store(rows)
    for owner, use in {(row.video.owner, row.use) for row in rows if row.holding}:
        services.turn_off(
            actor=Actor.creator(owner),
            creator=owner,
            use=use,
            matching=selection.everything(owner),
        )
    return rows


def _every_terms(use: str) -> list[Terms]:
    """Of every kind, for three notices: the first, one that makes it lapse, and one that does not
    make anything lapse. Another is a draft."""
    for version, material in ((MATERIAL, True), (MATERIAL + 1, False)):
        Notice.objects.create(
            use=use, version=version, title="New", text="…", material=material, published_at=NOW
        )
    Notice.objects.create(use=use, version=MATERIAL + 2, title="Draft", text="…", material=True)
    return [
        Terms.objects.create(use=use, notice=notice, mode=mode, until=until)
        for notice in Notice.objects.filter(use=use, version__in=[1, MATERIAL, MATERIAL + 1])
        for mode in Terms.Mode.values
        for until in [None, NOW, NOW - timedelta(days=1), NOW + timedelta(days=1)]
    ]


def _store(rows: list[Row]) -> None:
    edits = {
        (owner, use, status): Edit.objects.create(
            creator=owner, actor="system:test", use=use, status=status, expires_at=NOW
        )
        for owner, use in {(row.video.owner, row.use) for row in rows}
        for status in ("applied", *WITHDRAWALS[1:])
    }
    _store_holds(rows)
    Consent.objects.bulk_create(
        Consent(
            creator=row.video.owner,
            video=row.video,
            use=row.use,
            terms=row.terms,
            decided=row.consent != "undone",
            version=2,
            changed_at=NOW,
            edit=edits[row.video.owner, row.use, "applied"],
        )
        for row in rows
        if row.consent != "none"
    )
    Item.objects.bulk_create(
        Item(
            edit=edits[row.video.owner, row.use, row.withdrawal],
            video=row.video,
            before_decided=True,
            outcome=Item.Outcome.PENDING,
        )
        for row in rows
        if row.withdrawal != "none"
    )


def _store_holds(rows: list[Row]) -> None:
    def hold(row: Row, *, everything: bool = False, lifted: bool = False) -> Hold:
        return Hold(
            creator=row.video.owner,
            video=None if everything else row.video,
            use=row.use,
            reason="x",
            by="staff:x",
            version=2,
            lifted_at=NOW if lifted else None,
            lifted_version=3 if lifted else None,
        )

    creators = {(row.video.owner_id, row.use): row for row in rows if row.hold == "everything"}
    Hold.objects.bulk_create(hold(row, everything=True) for row in creators.values())
    each = [row for row in rows if row.hold in ("video", "again")]
    Hold.objects.bulk_create(hold(row) for row in each)
    ended = [row for row in rows if row.hold in ("lifted", "again")]
    Hold.objects.bulk_create(hold(row, lifted=True) for row in ended)


def test_the_sql_twin_agrees_everywhere(every_row: list[Row], blocked: User) -> None:
    askers = {"anybody": None, "blocked": blocked, "another": make_user()}
    for (asks, asker), use in itertools.product(askers.items(), USES):
        at: Any = {"asker": asker, "as_of": AsOf(now=NOW)}
        for paused in [False, True] if USES[use].pause_switch else [False]:
            with override_switch(USES[use].pause_switch or "none", active=paused):
                listed = querysets.with_reason(Video.objects.all(), use, **at)
                reasons = dict(listed.values_list("pk", f"reason_{use}"))
                permitting = querysets.permitting(Video.objects.all(), use, **at)
                permitted = set(permitting.values_list("pk", flat=True))
            decided = {
                row.video.pk: policy.decide(
                    row.facts(paused=paused, asked_by_the_blocked=asker == blocked)
                )
                for row in every_row
                if row.use == use
            }

            case = f"{use}, asked by {asks}, {paused=}"
            assert reasons == {pk: str(found.reason) for pk, found in decided.items()}, case
            assert permitted == {pk for pk, found in decided.items() if found.allowed}, case
            seen = set(reasons.values())
            unseen = {"restoring", "paused", "not_in_audience"}
            unseen |= set() if asker == blocked else {"blocked"}
            assert seen == {"paused"} if paused else seen == set(Reason) - unseen, case
    Journal.objects.update(held=True)
    for use in USES:
        listed = querysets.with_reason(Video.objects.all(), use)
        assert set(listed.values_list(f"reason_{use}", flat=True)) == {"restoring"}


def test_single_rulings_agree_with_the_list(
    every_row: list[Row], blocked: User, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW, tick=False)
    use = "remix"
    listed = querysets.with_reason(Video.objects.all(), use, asker=blocked)
    reasons = dict(listed.values_list("uuid", f"reason_{use}"))
    videos = [row.video for row in every_row if row.use == use]

    for video in videos[::31]:
        assert querysets.ruling(video, use, asker=blocked).reason == reasons[video.uuid]
    batch = querysets.rulings([video.uuid for video in videos], use, asker=blocked)
    assert [(uuid, str(decision.reason)) for uuid, decision, _ in batch] == [
        (video.uuid, reasons[video.uuid]) for video in videos
    ]


@pytest.mark.parametrize(
    ("before_the_end", "reason"),
    [(timedelta(milliseconds=1), "allowed"), (timedelta(0), "expired")],
)
def test_terms_have_ended_at_the_very_moment_of_their_end(
    alice: User, time_machine: TimeMachineFixture, before_the_end: timedelta, reason: str
) -> None:
    """Whoever asks: about now, or about a moment that has passed."""
    end = timezone.now() + timedelta(days=1)
    [video] = make_videos(1, owner=alice)
    edit = make_consent(video, until=end)
    moment = end - before_the_end

    time_machine.move_to(moment, tick=False)
    now = reason_of(video), edit.terms and edit.terms.state(now=moment, material=1)
    matching = selection.matching(alice, {"remix": reason})
    found = selection.videos(alice, matching)
    time_machine.move_to(end + timedelta(days=1))
    then = querysets.AsOf(now=moment)
    listed = querysets.with_reason(Video.objects.all(), "remix", as_of=then)
    permitted = querysets.permitting(Video.objects.all(), "remix", as_of=then)

    assert now == (reason, reason)
    assert list(found) == [video]
    assert listed.get().reason_remix == reason  # type: ignore[attr-defined]
    assert permitted.exists() is (reason == "allowed")


def test_a_ruling_is_one_query_for_one_video_and_for_many(
    alice: User, django_assert_num_queries: object
) -> None:
    videos = make_videos(500, owner=alice)

    with django_assert_num_queries(1):  # type: ignore[operator]
        querysets.ruling(videos[0], "remix")
    with django_assert_num_queries(1):  # type: ignore[operator]
        querysets.rulings([video.uuid for video in videos], "remix")


def test_every_reason_has_its_words() -> None:
    for words in (wording.LABELS, wording.REASON_LABELS, wording.ICONS):
        assert set(words) == set(Reason)


def test_both_uses_can_be_listed_together(alice: User) -> None:
    make_videos(3, owner=alice)
    videos: QuerySet[Video] = Video.objects.all()
    for use in USES:
        videos = querysets.with_reason(videos, use)

    assert [(v.reason_remix, v.reason_train) for v in videos] == [  # type: ignore[attr-defined]
        ("undecided", "undecided")
    ] * 3
