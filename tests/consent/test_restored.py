"""A database that is older than the withdrawal journal says no to whatever was withdrawn since.

What a test does inside `forgotten()` is in the journal, and the database does not know it: as if it
had been restored from a backup of before.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Event
from consent import journal, querysets, selection, services
from consent.context import consent_bar_of
from consent.journal import JournalProblem
from consent.models import Block, ConsentState, Edit, Hold, Journal, JournalLine, Notice
from consent.services import Grant, catching_up
from consent.services.journal import write_what_is_owed
from creatorhub.actors import Actor
from creatorhub.models import User
from library.models import Video
from operations import fsck
from tests import acts, log
from tests.conftest import LargeEdits
from tests.database import counted_queries, rolled_back
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_videos

pytestmark = pytest.mark.django_db

forgotten = rolled_back


def path_of(settings: Settings) -> Path:
    return Path(settings.WITHDRAWAL_JOURNAL)


def lines(settings: Settings) -> list[dict[str, Any]]:
    """Without the first, which only says whose journal it is."""
    return [line.body for line in journal.read(path_of(settings))][1:]


def lines_of_edit() -> int:
    return JournalLine.objects.count()


def journal_row() -> Journal:
    return Journal.objects.get()


@pytest.fixture
def videos(alice: User) -> list[Video]:
    """Four of alice's, all allowed."""
    made = make_videos(4, owner=alice)
    make_consent(*made)
    return made


def test_each_withdrawal_writes_one_line_of_ids(
    alice: User, bob: User, staff: User, videos: list[Video], settings: Settings
) -> None:
    services.set_upload_default(
        actor=Actor.creator(alice), creator=alice, use="remix", grant=Grant()
    )
    acts.turn_off(videos[0])
    acts.confirm(acts.undo(make_consent(videos[0])))
    acts.turn_off(videos[0])  # nothing is taken away, so nothing is written
    acts.hold(videos[1])
    services.block(bob, actor=Actor.creator(alice), creator=alice)
    services.set_upload_default(actor=Actor.creator(alice), creator=alice, use="remix", grant=None)
    services.remove_video(videos[2], actor=Actor.creator(alice))
    acts.opt_out(alice)
    acts.publish_notice(staff)

    written = lines(settings)

    assert [line["what"] for line in written] == [
        *("off", "off", "held", "blocked", "default_off", "removed", "opted_out", "notice"),
    ]
    assert [line["seq"] for line in written] == list(range(1, 9))
    assert written[0]["videos"] == written[1]["videos"] == [str(videos[0].uuid)]
    assert {line["creator"] for line in written[:-1]} == {str(alice.uuid)}
    assert "A complaint" not in path_of(settings).read_text(), "what a person wrote is not in it"
    assert set(JournalLine.objects.values_list("seq", flat=True)) == set(range(1, 9))


def test_an_end_that_comes_sooner_is_a_withdrawal(videos: list[Video], settings: Settings) -> None:
    soon, late = (timezone.now() + timedelta(days=days) for days in (1, 9))
    make_consent(videos[0], until=late)
    assert len(lines(settings)) == 1
    make_consent(videos[0])
    assert len(lines(settings)) == 1, "what lasts longer takes nothing away"
    with forgotten():
        make_consent(videos[0], until=soon)

    assert not services.look_at_journal()

    assert reasons(*videos[:2]) == ["off", "allowed"]


def test_an_opt_out_that_is_forgotten_is_said_again(
    alice: User, videos: list[Video], settings: Settings
) -> None:
    with forgotten():
        acts.opt_out(alice)
        acts.opt_in(alice, restore="previous")  # a yes is not said again
    assert reasons(*videos) == ["allowed"] * 4

    assert not services.look_at_journal()

    assert reasons(*videos) == ["opted_out"] * 4
    state = ConsentState.objects.get(creator=alice)
    assert state.opted_out_by == "system:restore"
    assert state.opted_out_reason.endswith(", before CreatorHub was restored")
    assert consent_bar_of(alice).text.startswith("Everything is off. Everything is turned off: as")
    event = log.newest("consent.withdrawn_again")
    assert (event["what"], event["changed"], event["creator"]) == (
        *("opted_out", 1),
        str(alice.uuid),
    )
    events = Event.objects.count()
    assert not services.look_at_journal(), "once is enough"
    assert Event.objects.count() == events
    assert journal_row().seq == len(lines(settings)), "it has been read up to here"


def test_single_and_bulk_withdrawals_are_said_again_and_later_permissions_are_not(
    alice: User, videos: list[Video]
) -> None:
    with forgotten():
        acts.turn_off(videos[0])
        acts.turn_off(videos[1], videos[2])
        make_consent(videos[1])

    assert not services.look_at_journal()

    assert reasons(*videos) == ["off", "off", "off", "allowed"]
    assert alice.edits.filter(actor="system:restore").count() == 2  # which alice can undo
    acts.confirm(acts.undo(alice.edits.latest("pk")))
    assert reasons(*videos) == ["off", "allowed", "allowed", "allowed"]


def test_a_large_withdrawal_turns_off_what_its_chunks_name_once_all_are_written(
    alice: User, videos: list[Video], large_edits: LargeEdits
) -> None:
    large_edits(freeze=1, inline=1, chunk=2)
    with forgotten():
        edit = acts.turn_off_matching(alice, q=videos[0].title)
        assert not edit.is_live, "one video is no large edit"
        edit = acts.turn_off(*videos[:3])
        acts.run_to_the_end(edit)

    large_edits(freeze=100, inline=100)
    assert not services.look_at_journal()

    assert reasons(*videos) == ["off", "off", "off", "allowed"]


@pytest.mark.parametrize("turns", [0, 1])
def test_a_large_withdrawal_that_did_not_name_its_videos_turns_off_everything_of_its_use(
    alice: User, videos: list[Video], large_edits: LargeEdits, turns: int
) -> None:
    make_consent(*videos, use="train")
    large_edits(freeze=1, inline=1, chunk=1, stepwise=True)
    with forgotten():
        edit = acts.turn_off_matching(alice, sort="title")
        assert edit.status == Edit.Status.HOLDING
        for _ in range(turns):
            edit = acts.run(edit)

    large_edits(freeze=100, inline=100)
    assert not services.look_at_journal()

    assert reasons(*videos) == ["off"] * 4
    assert reasons(*videos, use="train") == ["allowed"] * 4, "the other use was not withdrawn"


def test_a_confirm_that_was_lost_is_the_confirm_of_its_draft(
    alice: User, videos: list[Video], large_edits: LargeEdits
) -> None:
    large_edits(inline=1, freeze=2, chunk=1)
    edit = acts.draft(videos[0], videos[1], grant=None)
    with forgotten():
        acts.confirm(edit)

    services.look_at_journal()

    assert reasons(*videos) == ["withdrawn", "withdrawn", "allowed", "allowed"]


def test_the_chunk_of_a_killed_worker_is_done_by_its_edit_alone(
    alice: User, videos: list[Video], large_edits: LargeEdits
) -> None:
    large_edits(inline=1, freeze=100, chunk=1, stepwise=True)
    edit = acts.turn_off(*videos)
    with forgotten():
        acts.run(edit)
        assert lines_of_edit() == 2  # of the confirm, and of the chunk

    assert not services.look_at_journal()
    edit = acts.run_to_the_end(Edit.objects.get(pk=edit.pk))

    assert (edit.changed, edit.superseded) == (4, 0)
    assert not alice.edits.filter(actor="system:restore").exists()


def test_a_grant_that_was_cancelled_does_not_go_on_after_a_restore(
    alice: User, large_edits: LargeEdits
) -> None:
    large_edits(inline=1, freeze=100, chunk=1, stepwise=True)
    some = make_videos(3, owner=alice)
    edit = acts.run(make_consent(*some))
    with forgotten():
        acts.cancel(edit)

    services.look_at_journal()
    acts.run(edit)

    assert reasons(*some) == ["allowed", "undecided", "undecided"]


def test_what_an_edit_under_way_would_allow_stays_off(alice: User, large_edits: LargeEdits) -> None:
    """The backup was made in the middle of the edit; it was done, and then withdrawn."""
    large_edits(inline=1, freeze=100, chunk=1, stepwise=True)
    some = make_videos(2, owner=alice)
    edit = make_consent(*some)
    with forgotten():
        acts.run_to_the_end(edit)
        acts.turn_off(some[1])

    services.look_at_journal()
    acts.run_to_the_end(Edit.objects.get(pk=edit.pk))

    assert reasons(*some) == ["allowed", "off"]


def test_what_else_says_no_is_said_again(
    alice: User, bob: User, staff: User, videos: list[Video]
) -> None:
    creator: dict[str, Any] = {"actor": Actor.creator(alice), "creator": alice}
    services.set_upload_default(**creator, use="remix", grant=Grant())
    with forgotten():
        acts.hold(videos[0])
        services.block(bob, **creator)
        services.remove_video(videos[1], actor=Actor.creator(alice))
        services.set_upload_default(**creator, use="remix", grant=None)
    with forgotten():
        acts.publish_notice(staff)

    assert not services.look_at_journal()

    assert reasons(*videos) == ["held", "video_unavailable", "notice_changed", "notice_changed"]
    assert Hold.objects.get().by == "system:restore"
    assert Block.objects.get().person == bob
    assert not alice.upload_defaults.exists()
    assert Notice.objects.in_force("remix").title == "New"  # type: ignore[union-attr]


def test_what_is_about_nobody_here_is_passed_over(videos: list[Video]) -> None:
    with forgotten():
        stranger = make_user()
        theirs = make_videos(1, owner=stranger)
        make_consent(*theirs)
        acts.turn_off(*theirs)
        acts.opt_out(stranger)

    assert not services.look_at_journal()

    assert reasons(*videos) == ["allowed"] * 4


def test_more_than_a_crash_can_lose_holds_everything_until_it_is_applied(
    alice: User, videos: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "FEW", 1)
    with forgotten():
        acts.turn_off(videos[0])
        acts.turn_off(videos[1])

    problem = services.look_at_journal()

    assert "manage.py restore --apply-journal" in problem
    bar = consent_bar_of(alice)
    assert bar.text == (
        "Everything is off. CreatorHub is being restored from a backup: until it knows what was "
        "turned off since, nothing is allowed. Stored, and waiting for that: Remix for 4 videos."
    )
    assert reasons(*videos) == ["restoring"] * 4
    assert not querysets.permitting(Video.objects.all(), "remix").exists()
    allowed = selection.matching(alice, {"remix": "allowed"})
    assert selection.videos(alice, allowed).count() == 4, "what is stored is found"
    [listed, *_] = querysets.with_reasons(Video.objects.all())
    assert listed.stored_remix == "allowed"  # type: ignore[attr-defined]
    assert services.look_at_journal() == problem, "another start changes nothing"
    assert Event.objects.filter(action="restore.held").count() == 1
    assert services.apply_journal() == 2
    assert reasons(*videos) == ["off", "off", "allowed", "allowed"]
    assert log.newest("restore.finished")["changed"] == 2


def test_the_log_says_once_that_a_database_that_was_put_back_is_held() -> None:
    """`restore` writes only the row, before anything else can read it."""
    Journal.objects.update(held=True, problem="It is being restored.")

    for problem in ("The journal is behind.", "The journal is cut."):
        services.hold_everything(problem)

    [event] = Event.objects.filter(action="restore.held")
    assert log.body(event)["problem"] == "The journal is behind."


def test_a_withdrawal_is_never_refused_for_its_journal(
    alice: User, videos: list[Video], settings: Settings, tmp_path: Path
) -> None:
    """The disk is full, or the file is away: the no stands, and is written later."""
    there = settings.WITHDRAWAL_JOURNAL
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "nowhere" / "journal")
    acts.turn_off(videos[0])
    assert reasons(videos[0]) == ["off"]
    assert write_what_is_owed() == 1

    settings.WITHDRAWAL_JOURNAL = there
    assert write_what_is_owed() == 0

    [line] = lines(settings)
    assert line["videos"] == [str(videos[0].uuid)]
    assert not services.look_at_journal()
    assert not JournalLine.objects.exists(), "all of it is known"


def test_a_full_disk_leaves_no_half_line(
    videos: list[Video], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path_of(settings).read_bytes()

    def half(file: int, data: bytes) -> int:
        if data.startswith(b'{"at"'):
            return write(file, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        acts.turn_off(videos[0])

    assert reasons(videos[0]) == ["off"]
    assert path_of(settings).read_bytes() == before
    [owed] = fsck.every_no_is_in_the_journal()
    assert owed.startswith("1 withdrawals are not in the journal yet")
    assert not services.look_at_journal()
    assert len(lines(settings)) == 1
    assert not list(fsck.every_no_is_in_the_journal())


def test_many_writers_write_one_chain(settings: Settings) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            journal.append(path_of(settings), {"what": "off", "id": f"{number}"})

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))

    written = lines(settings)
    assert [line["seq"] for line in written] == list(range(1, 81))
    assert Counter(line["id"] for line in written) == {str(number): 20 for number in range(4)}


def test_a_journal_that_is_gone_holds_everything(
    videos: list[Video], settings: Settings, tmp_path: Path
) -> None:
    there = settings.WITHDRAWAL_JOURNAL
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "gone")

    problem = services.look_at_journal()

    assert problem.startswith("There is no withdrawal journal at ")
    assert reasons(*videos) == ["restoring"] * 4
    settings.WITHDRAWAL_JOURNAL = there
    assert not services.look_at_journal(), "the disk is back"
    assert reasons(*videos) == ["allowed"] * 4


def test_without_its_journal_everybody_is_opted_out_and_decides(
    alice: User, bob: User, videos: list[Video], settings: Settings, tmp_path: Path
) -> None:
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "new")
    (tmp_path / "new").write_text("something else\n")
    assert services.look_at_journal()

    changed, kept = services.without_journal()

    assert changed == 1
    assert kept
    assert kept.read_text() == "something else\n"
    assert reasons(*videos) == ["opted_out"] * 4
    assert not services.look_at_journal()
    acts.opt_in(alice, restore="previous")
    assert reasons(*videos) == ["allowed"] * 4


def spoilt(path: Path, how: str) -> None:
    text = path.read_bytes()
    first, second, third = text.splitlines(keepends=True)
    match how:
        case "cut":
            path.write_bytes(text[:-20])
        case "altered":
            path.write_bytes(text.replace(b'"off"', b'"oof"', 1))
        case "line taken out":
            path.write_bytes(first + third)
        case "end taken away":
            path.write_bytes(first + second)
        case "foreign":
            path.unlink()
            journal.begin(path, installation="somebody else", at="now")
        case "unknown":
            journal.append(path, {"what": "dissolved", "id": "x", "creator": None})
        case "without its use":
            alice = str(User.objects.get(username="alice").uuid)
            journal.append(path, {"what": "off", "id": str(uuid4()), "creator": alice})


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("cut", "ends in the middle of line 2."),
        ("altered", "Line 1 of the withdrawal journal"),
        ("line taken out", "Line 1 of the withdrawal journal"),
        ("end taken away", "ends at line 1, and this database knows line 2"),
        ("foreign", "belongs to another installation."),
        ("unknown", "says “dissolved”, which this version does not know."),
        ("without its use", "Line 3 of the withdrawal journal cannot be applied: 'use'"),
    ],
)
def test_a_journal_that_is_not_as_it_was_written_holds_everything(
    videos: list[Video], settings: Settings, tmp_path: Path, how: str, sentence: str
) -> None:
    path = tmp_path / "journal"
    settings.WITHDRAWAL_JOURNAL = str(path)
    Journal.objects.update(digest="")
    services.begin_journal()
    acts.turn_off(videos[0])
    acts.turn_off(videos[1])
    spoilt(path, how)

    assert sentence in services.look_at_journal()

    assert reasons(videos[3]) == ["restoring"]
    with pytest.raises(JournalProblem):
        services.apply_journal()
    assert reasons(videos[3]) == ["restoring"]


def test_a_new_journal_begins_though_lines_of_the_former_were_just_written(
    videos: list[Video], settings: Settings, tmp_path: Path
) -> None:
    settings.WITHDRAWAL_JOURNAL = str(tmp_path / "journal")
    Journal.objects.update(digest="")
    services.begin_journal()
    acts.turn_off(videos[0])
    acts.turn_off(videos[1])

    services.without_journal()

    assert services.look_at_journal() == ""


def test_what_went_into_the_journal_of_another_installation_is_written_into_ours(
    videos: list[Video], settings: Settings, tmp_path: Path
) -> None:
    ours, other = settings.WITHDRAWAL_JOURNAL, tmp_path / "other"
    acts.turn_off(videos[0])
    journal.begin(other, installation=str(uuid4()), at="2026-11-26T00:00:00Z")
    for number in range(8):
        journal.append(other, {"what": "off", "id": str(uuid4()), "creator": None, "n": number})
    settings.WITHDRAWAL_JOURNAL = str(other)
    acts.turn_off(videos[1])
    assert "another installation" in services.look_at_journal()
    settings.WITHDRAWAL_JOURNAL = ours

    assert not services.look_at_journal()

    assert [line["videos"] for line in lines(settings)] == [
        [str(videos[0].uuid)],
        [str(videos[1].uuid)],
    ]
    assert not JournalLine.objects.exists(), "all of it is known"


def test_a_killed_writer_leaves_half_a_line_and_the_next_goes_on(
    videos: list[Video], settings: Settings
) -> None:
    acts.turn_off(videos[0])
    with path_of(settings).open("ab") as file:
        file.write(b'{"at":"2026-')

    acts.turn_off(videos[1])
    with forgotten():
        acts.turn_off(videos[2])

    assert [line["seq"] for line in lines(settings)] == [1, 2, 3]
    assert lines(settings)[1]["after_cut"] == 12
    assert not services.look_at_journal()
    assert reasons(*videos) == ["off", "off", "off", "allowed"]


def test_nothing_is_read_twice(alice: User, videos: list[Video], settings: Settings) -> None:
    for video in videos:
        acts.turn_off(video)
    services.look_at_journal()

    with counted_queries() as asked:
        assert not services.look_at_journal()

    assert len(asked) == 5
    assert journal_row().offset == path_of(settings).stat().st_size


class TestTheCommand:
    def test_it_applies_the_journal_and_says_how_much(
        self, alice: User, videos: list[Video], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with forgotten():
            acts.opt_out(alice)

        call_command("restore", apply_journal=True)

        assert "1 withdrawal said again." in capsys.readouterr().out
        assert reasons(*videos) == ["opted_out"] * 4

    def test_it_says_what_is_wrong_with_the_journal(
        self, videos: list[Video], settings: Settings, tmp_path: Path
    ) -> None:
        settings.WITHDRAWAL_JOURNAL = str(tmp_path / "gone")

        with pytest.raises(CommandError, match="There is no withdrawal journal at "):
            call_command("restore", apply_journal=True)

    @pytest.mark.parametrize(
        ("typed", "reason"), [("everybody\n", "opted_out"), ("yes\n", "allowed"), ("", "allowed")]
    )
    def test_to_turn_everybody_off_a_word_is_typed(
        self,
        videos: list[Video],
        settings: Settings,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        typed: str,
        reason: str,
    ) -> None:
        settings.WITHDRAWAL_JOURNAL = str(tmp_path / "journal")
        monkeypatch.setattr("sys.stdin", StringIO(typed))
        if reason == "allowed":
            with pytest.raises(CommandError, match="was not typed"):
                call_command("restore", without_journal=True)
        else:
            call_command("restore", without_journal=True)

        assert reasons(*videos) == [reason] * 4
