"""The decision over its whole input space, and its SQL twin over every state a row can have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Max, QuerySet
from waffle.testutils import override_switch

from consent import policy, querysets, wording
from consent.models import Consent, ConsentState, Edit, Item, Notice, Terms
from consent.policy import Facts, Reason
from consent.querysets import AsOf
from consent.uses import USES
from creatorhub.models import User
from library.models import Video
from tests.factories import make_user, make_videos

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = [field.name for field in fields(Facts)]

# The table of the decision, written once more by hand: (fact, value that says no, reason).
TABLE = [
    ("paused", True, "paused"),
    ("available", False, "video_unavailable"),
    ("opted_out", True, "opted_out"),
    ("being_withdrawn", True, "withdrawn"),
    ("decided", False, "undecided"),
    ("allowed_by_terms", False, "off"),
    ("ended", True, "expired"),
    ("notice_superseded", True, "notice_changed"),
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


@pytest.fixture
def every_row(db: None) -> list[Video]:
    """A video for each state that its rows can have: status × removed × opted out × being
    withdrawn × consent (none, put back to undecided, off, every kind of terms)."""
    Notice.objects.create(
        use="remix", version=2, title="Two", text="…", material=True, published_at=NOW
    )
    Notice.objects.create(  # a revision that is not material makes nothing lapse
        use="remix", version=3, title="Three", text="…", material=False, published_at=NOW
    )
    Notice.objects.create(use="remix", version=4, title="Draft", text="…", material=True)
    ends = [None, NOW, NOW - timedelta(days=1), NOW + timedelta(days=1)]
    terms = [
        Terms.objects.create(use="remix", notice=notice, mode=mode, until=until)
        for notice in Notice.objects.filter(use="remix", version__lt=4)
        for mode in Terms.Mode.values
        for until in ends
    ]
    consents = ["none", "undone", "off", *terms]
    videos: list[Video] = []
    for state in (None, False, True):
        owner = make_user()
        if state is not None:
            ConsentState.objects.create(creator=owner, opted_out=state, version=3)
        edit = _edit(owner, Edit.Status.APPLIED)
        withdrawals = {
            "no": None,
            "confirmed": _edit(owner, Edit.Status.CONFIRMED),
            "applying": _edit(owner, Edit.Status.APPLYING),
            "draft": _edit(owner, Edit.Status.DRAFT),
        }
        for status, removed, withdrawal, consent in itertools.product(
            Video.Status.values, [None, NOW], withdrawals, consents
        ):
            [video] = make_videos(1, owner=owner, status=status, removed_at=removed)
            videos.append(video)
            if consent != "none":
                Consent.objects.create(
                    creator=owner,
                    video=video,
                    use="remix",
                    terms=consent if isinstance(consent, Terms) else None,
                    decided=consent != "undone",
                    version=2,
                    changed_at=NOW,
                    edit=edit,
                )
            if by := withdrawals[withdrawal]:
                Item.objects.create(
                    edit=by, video=video, before_decided=True, outcome=Item.Outcome.PENDING
                )
    return videos


def _edit(owner: User, status: str) -> Edit:
    return Edit.objects.create(
        creator=owner, actor="system:test", use="remix", status=status, expires_at=NOW
    )


def facts_of(video: Video, *, paused: bool) -> Facts:
    """The same facts, read one by one in Python."""
    consent = Consent.objects.filter(video=video, use="remix").first()
    terms = consent.terms if consent else None
    state = ConsentState.objects.filter(creator=video.owner).first()
    published = Notice.objects.filter(use="remix", material=True, published_at__isnull=False)
    material = published.aggregate(last=Max("version"))["last"]
    return Facts(
        paused=paused,
        available=video.status == "ready" and video.removed_at is None,
        opted_out=bool(state and state.opted_out),
        being_withdrawn=Item.objects.filter(
            video=video, outcome="pending", after=None, edit__status__in=["confirmed", "applying"]
        ).exists(),
        decided=bool(consent and consent.decided),
        allowed_by_terms=terms is not None,
        ended=bool(terms and terms.until and terms.until <= NOW),
        notice_superseded=bool(terms and terms.notice.version < material),
        in_audience=True,
        approval_missing=bool(terms and terms.mode == "ask"),
    )


@pytest.mark.parametrize("paused", [False, True])
def test_the_sql_twin_agrees_everywhere(every_row: list[Video], paused: bool) -> None:
    with override_switch("remixer_paused", active=paused):
        listed = querysets.with_reason(Video.objects.all(), "remix", as_of=AsOf(now=NOW))
        reasons = {video.pk: video.reason_remix for video in listed}  # type: ignore[attr-defined]
        permitted = set(
            querysets.permitting(Video.objects.all(), "remix", as_of=AsOf(now=NOW)).values_list(
                "pk", flat=True
            )
        )

        decided = {v.pk: policy.decide(facts_of(v, paused=paused)) for v in every_row}

    assert reasons == {pk: str(decision.reason) for pk, decision in decided.items()}
    assert permitted == {pk for pk, decision in decided.items() if decision.allowed}
    seen = set(reasons.values())
    assert seen == {"paused"} if paused else seen == set(Reason) - {"paused", "not_in_audience"}


def test_single_rulings_agree_with_the_list(every_row: list[Video], time_machine: object) -> None:
    time_machine.move_to(NOW, tick=False)  # type: ignore[attr-defined]
    listed = querysets.with_reason(Video.objects.all(), "remix")
    reasons = {video.uuid: video.reason_remix for video in listed}  # type: ignore[attr-defined]

    for video in every_row[::17]:
        assert querysets.ruling(video, "remix").reason == reasons[video.uuid]
    batch = querysets.rulings([video.uuid for video in every_row], "remix")
    assert [(uuid, str(decision.reason)) for uuid, decision, _ in batch] == [
        (video.uuid, reasons[video.uuid]) for video in every_row
    ]


def test_a_ruling_is_one_query_for_one_video_and_for_many(
    alice: User, django_assert_num_queries: object
) -> None:
    videos = make_videos(500, owner=alice)

    with django_assert_num_queries(1):  # type: ignore[operator]
        querysets.ruling(videos[0], "remix")
    with django_assert_num_queries(1):  # type: ignore[operator]
        querysets.rulings([video.uuid for video in videos], "remix")


def test_every_reason_has_its_words() -> None:
    for words in (wording.LABELS, wording.WHYS, wording.SENTENCES, wording.ICONS):
        assert set(words) == set(Reason)


def test_both_uses_can_be_listed_together(alice: User) -> None:
    make_videos(3, owner=alice)
    videos: QuerySet[Video] = Video.objects.all()
    for use in USES:
        videos = querysets.with_reason(videos, use)

    assert [(v.reason_remix, v.reason_train) for v in videos] == [  # type: ignore[attr-defined]
        ("undecided", "undecided")
    ] * 3
