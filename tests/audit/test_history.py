"""Events in words: every action, to whom it belongs, to others, and to staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from audit import history, log, vocabulary
from audit.models import Event
from consent.uses import USES, Use
from creatorhub.actors import Actor
from creatorhub.models import User
from tests import factories

pytestmark = pytest.mark.django_db

BOB = UUID(int=2)
MEME = {"requester": BOB, "requester_name": "Bob", "title": "Cat"}
REMIX = {"use": "remix", "to": "allowed", "changed": 1203}
UNTIL = {"until": datetime(2027, 1, 1, tzinfo=UTC)}


@dataclass(frozen=True)
class Example:
    """What alice reads of an event that she caused, and below it as the reason."""

    action: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


def edit(text: str, **fields: Any) -> Example:
    return Example("consent.edited", text, {**REMIX, **fields})


def confirmed(becomes: str, to: str) -> Example:
    text = f"You confirmed an edit: {becomes}"
    return Example("edit.confirmed", text, {"use": "remix", "to": to})


EXAMPLES = [
    Example("account.updated", "You changed this account's name or time zone"),
    Example("account.token_made", "You made a new API token"),
    Example("account.token_revoked", "You revoked the API token"),
    Example(
        "account.token_created",
        "You made the API token “Desk”: Look, until 1 March 2027",
        {
            "token": BOB,
            "name": "Desk",
            "scope": "read",
            "expires_at": "2027-03-01T12:00:00.000000Z",
        },
    ),
    Example(
        "account.token_ended", "You ended the API token “Desk”", {"token": BOB, "name": "Desk"}
    ),
    Example(
        "account.password_changed",
        "You set a new password. Every other session ended, and 2 API tokens.",
        {"tokens": 2},
    ),
    Example(
        "account.signed_in",
        "You signed in: the password, an app that makes codes",
        {"means": ["password", "totp"]},
    ),
    Example(
        "account.sign_in_failed",
        "Somebody tried to sign in and failed: 10 times within an hour",
        {"attempts": 10},
    ),
    Example("account.read", "You looked at this account"),
    Example("account.sessions_ended", "You ended all other sessions", {"every": True}),
    Example("account.sessions_ended", "You ended a session", {"every": False}),
    Example("account.address_added", "You added an e-mail address"),
    Example("account.address_removed", "You removed an e-mail address"),
    Example("account.address_confirmed", "You confirmed an e-mail address"),
    Example("account.main_address_changed", "You changed the main e-mail address"),
    Example(
        "account.second_factor_added", "You added a second factor: a passkey", {"kind": "webauthn"}
    ),
    Example(
        "account.second_factor_removed",
        "You removed a second factor: a passkey",
        {"kind": "webauthn"},
    ),
    Example(
        "account.second_factor_renewed",
        "You renewed a second factor: recovery codes",
        {"kind": "recovery_codes"},
    ),
    Example(
        "account.deletion_asked",
        "You asked to delete this account. Everything is off; it is erased on 1 March 2027",
        {"erase_after": "2027-03-01T12:00:00.000000Z", "reason": "x"},
        "x",
    ),
    Example(
        "account.deletion_cancelled",
        "You kept this account. It is not deleted; everything stays off",
    ),
    Example("account.exported", "You asked for an archive of all data of this account"),
    Example("account.export_taken", "You downloaded the archive of all data of this account"),
    Example(
        "account.erased",
        "This account was erased: 1,203 videos, 2 memes, all personal data",
        {"videos": 1203, "memes": 2},
    ),
    Example("account.deactivated", "You deactivated this account", {"reason": "x"}, "x"),
    Example("account.reactivated", "You reactivated this account", {"reason": "x"}, "x"),
    Example(
        "account.roles_changed",
        "You changed what this account may do as staff: support",
        {"after": ["support"], "reason": "x"},
        "x",
    ),
    Example("account.roles_changed", "You changed what this account may do as staff: no role"),
    Example(
        "hold.placed", "You put “Remix” of “Cat” on hold", {"use": "remix", "title": "Cat"}, ""
    ),
    Example("hold.lifted", "You lifted the hold on “Remix” of everything", {"use": "remix"}),
    Example("person.blocked", "You blocked Bob", {"name": "Bob"}),
    Example("person.unblocked", "You unblocked Bob", {"name": "Bob"}),
    Example("video.watched", "You watched “Cat”, to look into it", {"title": "Cat"}),
    Example("render.watched", "You watched a meme of “Cat” by Bob, to look into it", MEME),
    Example(
        "render.put_back", "A meme of “Cat” by Bob is shown again", {**MEME, "reason": "x"}, "x"
    ),
    Example(
        "render.put_back_hidden",
        "A meme of “Cat” by Bob is given back, and stays hidden for now: Everything is turned off.",
        {**MEME, "reason": "x", "hidden_by": "opted_out"},
        "x",
    ),
    Example("report.made", "You reported a meme of “Cat”", {"title": "Cat", "render": "x"}),
    Example("report.made", "You reported “Cat”", {"title": "Cat"}),
    Example("report.taken", "You took a report to look into it"),
    Example(
        "report.decided",
        "You looked into a report about “Cat”: the report was right",
        {"title": "Cat", "outcome": "upheld", "reason": "x"},
        "x",
    ),
    Example(
        "report.decided",
        "You looked into a report about “Cat”: the report was right, and the video was put on hold",
        {"title": "Cat", "outcome": "upheld", "measure": "held", "reason": "x"},
        "x",
    ),
    Example("appeal.made", "You asked for another look at “Cat”", {"title": "Cat"}),
    Example(
        "appeal.decided", "You looked at everything again: nothing changes", {"outcome": "denied"}
    ),
    Example("video.added", "You added “Cat {0}”", {"title": "Cat {0}", "via": "upload"}),
    Example("videos.added", "You added 1 video", {"count": 1}),
    Example("videos.added", "You added 1,203 videos", {"count": 1203}),
    Example("video.ingested", "“Cat” is ready to play", {"title": "Cat"}),
    Example("video.refused", "“Cat” was refused: No", {"title": "Cat", "problem": "No"}),
    Example("video.retried", "You asked to try “Cat” again", {"title": "Cat"}),
    Example("video.renamed", "You renamed “a” to “b”", {"before": "a", "after": "b"}),
    Example(
        "video.moved", "You moved “c” from “a” to “b”", {"title": "c", "before": "a", "after": "b"}
    ),
    Example("video.removed", "You removed “Cat”", {"title": "Cat", "reason": "off"}, "off"),
    edit("You allowed “Remix” for 1,203 videos"),
    edit("You allowed “Remix” for 1 video", changed=1),
    edit("You allowed “Remix” until 31 December 2026 for 0 videos", changed=0, **UNTIL),
    edit("You turned “Remix” off for 1,203 videos", to="off"),
    edit("You put “Remix” back as it was for 1,203 videos", to="former"),
    edit("You set “Remix” from a file for 1,203 videos", to="listed"),
    edit("You changed “Remix” for 1,203 videos", to="a change of later"),
    edit("You allowed “a use of before” for 1,203 videos", use="a use of before"),
    Example(
        "edit.applied",
        "You allowed “AI training” for 2 videos",
        {"use": "train", "to": "allowed", "changed": 2},
    ),
    confirmed("“Remix” allowed", "allowed"),
    confirmed("“Remix” off", "off"),
    confirmed("“Remix” as it was before", "former"),
    confirmed("“Remix” as listed in a file", "listed"),
    Example(
        "edit.part_applied",
        "Part 3 of an edit was applied: 1 video changed",
        {"part": 3, "changed": 1},
    ),
    Example(
        "edit.cancelled",
        "You cancelled an edit: 1,000 videos changed, 203 left as they were",
        {"changed": 1000, "left_out": 203},
    ),
    Example(
        "upload_default.chosen",
        "You chose that new uploads start with “Remix” allowed until 31 December 2026",
        {"use": "remix", "to": "allowed", **UNTIL},
    ),
    Example("creator.opted_out", "You turned everything off", {"reason": ""}),
    Example("creator.opted_in", "You turned permissions back on"),
    Example(
        "creator.opted_in",
        "You turned permissions back on, with what was allowed before",
        {"restore": "previous"},
    ),
    Example(
        "creator.opted_in",
        "You turned permissions back on, with every video off",
        {"restore": "all_off"},
    ),
    Example(
        "notice.written", "You wrote the notice “New”, version 2", {"title": "New", "version": 2}
    ),
    Example(
        "notice.published",
        "You published new terms for “Remix”: “New”, version 2",
        {"title": "New", "version": 2, "use": "remix", "material": True},
        "What you had allowed under older terms waits for your answer.",
    ),
    Example(
        "consent.withdrawn_again",
        "Restored after 1 March 2027: “Remix” is off again, as it was then",
        {"what": "off", "use": "remix", "withdrawn_at": "2027-03-01T12:00:00.000000Z"},
    ),
    Example(
        "consent.withdrawn_again",
        "Restored after 1 March 2027: everything is turned off again",
        {"what": "opted_out", "withdrawn_at": "2027-03-01T12:00:00.000000Z"},
    ),
    Example(
        "restore.held",
        "You turned everything off for everybody, until it is known what was withdrawn",
        {"problem": "The journal is not there."},
    ),
    Example(
        "restore.finished",
        "You ended a restore: what was withdrawn since the backup is withdrawn again",
    ),
    Example("render.requested", "Bob asked for a meme of “Cat”", MEME),
    Example(
        "render.started",
        "A meme of “Cat” by Bob is being made: the video may be used",
        {**MEME, "attempt": 1},
    ),
    Example("render.published", "Bob made a meme of “Cat”", MEME),
    Example(
        "render.refused",
        "A meme of “Cat” by Bob was refused: You turned this off for this video.",
        {**MEME, "reason": "off"},
    ),
    Example("render.failed", "A meme of “Cat” by Bob failed", {**MEME, "problem": "Boom"}),
    Example("render.cancelled", "Bob cancelled a meme of “Cat”", MEME),
    Example(
        "render.stopped",
        "A meme of “Cat” by Bob was stopped",
        {**MEME, "reason": "expired"},
        "Your permission for this video has ended.",
    ),
    Example(
        "render.taken_down",
        "A meme of “Cat” by Bob was taken down",
        {**MEME, "reason": "Hurtful"},
        "Hurtful",
    ),
    Example(
        "render.hidden",
        "A meme of “Cat” by Bob was hidden",
        {**MEME, "reason": "off"},
        "You turned this off for this video.",
    ),
    Example("render.restored", "A meme of “Cat” by Bob came back", MEME),
    Example(
        "render.restored_hidden",
        "A meme of “Cat” by Bob is kept, and stays hidden for now: "
        "CreatorHub staff have put this on hold.",
        {**MEME, "reason": "held"},
    ),
    Example(
        "render.deleted", "A meme of “Cat” by Bob was deleted: it can no longer come back", MEME
    ),
    Example("render.removed", "Bob removed their meme of “Cat”", MEME),
    Example(
        "remixer.paused",
        "You paused remixing for everyone. What you allowed stays stored.",
        {"reason": "A fault"},
    ),
    Example(
        "remixer.resumed",
        "You resumed remixing. What you allow counts again.",
        {"reason": "Mended"},
    ),
]


def append(action: str, *, actor: Actor, creator: User, **fields: Any) -> Event:
    """An event whose other fields are empty."""
    empty = dict.fromkeys(vocabulary.actions()[action].fields)
    return log.append(action, actor=actor, creator=creator, **{**empty, **fields})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.text)
def test_an_event_is_described(alice: User, example: Example) -> None:
    event = append(example.action, actor=Actor.creator(alice), creator=alice, **example.fields)

    [line] = history.describe([event], reader=alice)

    assert (line.text, line.reason) == (example.text, example.reason)
    assert line.fields["id"] == str(event.uuid)


def test_the_last_day_is_that_of_the_reader(alice: User) -> None:
    event = append("consent.edited", actor=Actor.creator(alice), creator=alice, **REMIX, **UNTIL)

    with timezone.override("America/New_York"):
        [line] = history.describe([event], reader=alice)

    assert "until 31 December 2026" in line.text


def test_the_icon_shows_what_an_edit_did(alice: User) -> None:
    actor = Actor.creator(alice)
    events = [
        append("consent.edited", actor=actor, creator=alice, **{**REMIX, "to": to})
        for to in ("allowed", "off", "former")
    ]

    lines = history.describe(events, reader=alice)

    assert [line.icon for line in lines] == ["check-check", "slash", "undo"]


def test_everybody_reads_who_acted_as_far_as_they_may_know(
    alice: User, bob: User, staff: User
) -> None:
    User.objects.filter(pk=bob.pk).update(display_name="Bob M.")
    gone = factories.make_user()
    actors = [
        Actor.creator(alice),
        Actor.creator(bob),
        Actor.staff(staff),
        Actor.system("worker"),
        Actor.creator(gone),
    ]
    events = [append("creator.opted_in", actor=actor, creator=alice) for actor in actors]
    User.objects.filter(pk=gone.pk).update(uuid=uuid4())

    def read(reader: User | None) -> list[str]:
        return [line.who for line in history.describe(events, reader=reader)]

    end = ["CreatorHub", "A former account"]
    assert read(alice) == ["You", "Bob M.", "CreatorHub staff", *end]
    assert read(bob) == ["alice", "You", "CreatorHub staff", *end]
    assert read(None) == ["alice", "Bob M.", "staff (staff)", *end]


def test_who_asked_for_a_meme_is_called_you(alice: User, bob: User) -> None:
    mine = {**MEME, "requester": alice.uuid}
    actor = Actor.creator(alice)
    events = [
        append("render.published", actor=actor, creator=bob, **mine),
        append("render.stopped", actor=actor, creator=bob, **mine),
    ]

    lines = history.describe(events, reader=alice)

    assert [line.text for line in lines] == [
        "Your meme of “Cat” is ready",
        "Your meme of “Cat” was stopped",
    ]


def test_a_use_that_is_added_later_is_described(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = Actor.creator(alice)
    event = append("consent.edited", actor=actor, creator=alice, **{**REMIX, "use": "dub"})
    dubbing = Use(id="dub", label="Dubbing", verb="dubbed", noun="dub", consequence="")
    monkeypatch.setitem(USES, "dub", dubbing)

    [line] = history.describe([event], reader=alice)

    assert line.text == "You allowed “Dubbing” for 1,203 videos"


def test_all_names_take_one_query(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [factories.make_user() for _ in range(3)]
    events = [append("creator.opted_in", actor=Actor.creator(one), creator=one) for one in people]

    with django_assert_num_queries(1):
        lines = history.describe(events, reader=alice)

    assert [line.who for line in lines] == [one.username for one in people]
