"""The list as a spreadsheet: what is exported, what an edited file does, and how a file is refused
that cannot be used."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from waffle.testutils import override_switch

from audit.models import Event
from consent import querysets, services, spreadsheets
from consent.filters import VideoFilter
from consent.models import Consent, ConsentCount, ConsentState, Edit, Item, Notice, Terms
from consent.uses import USES
from creatorhub.actors import Actor
from creatorhub.errors import Forbidden, Refused
from creatorhub.models import User
from library.models import Video
from tests.acts import confirm, draft, opt_in, opt_out, run, turn_off
from tests.conftest import ClientOf
from tests.database import counted_queries, rows
from tests.decisions import reasons
from tests.factories import make_consent, make_user, make_video, make_videos

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User, client_of: ClientOf) -> Client:
    """Alice's."""
    return client_of(alice)


def export(browser: Client, query: str = "") -> str:
    answer: Any = browser.get(f"/videos/spreadsheet.csv?{query}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def written(rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def send(browser: Client, content: str | bytes, **more: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("list.csv", data, content_type="text/csv")
    return browser.post("/videos/spreadsheet/", {"file": file, **more})


def drafted(browser: Client, content: str | bytes, **more: str) -> Edit:
    answer = send(browser, content, **more)
    assert answer.status_code == 303, answer.context["refused"]
    edit = Edit.objects.latest("pk")
    assert answer["Location"] == f"/edits/{edit.uuid}/preview/"
    return edit


def lines(*rows: tuple[Any, ...], header: str = "video,use,state,until") -> str:
    return "\n".join([header, *(",".join(str(cell) for cell in row) for row in rows)])


def refused(browser: Client, content: str | bytes, *, status: int, says: str) -> Any:
    """Sends what must be refused, and leaves everything as it was."""
    before = rows()

    answer = send(browser, content)

    assert answer.status_code == status, answer.status_code
    assert says in answer.text.replace("&#x27;", "'"), answer.context["refused"]
    assert "Traceback" not in answer.text
    assert str(answer.context["refused"]).endswith(".")
    assert rows() == before
    return answer


# out


def test_the_list_is_exported_with_its_filters_newest_first(
    alice: User, bob: User, browser: Client
) -> None:
    day = datetime(2026, 10, 19, 12, tzinfo=UTC)
    [old] = make_videos(1, owner=alice, title="Street, old", created_at=day, duration_ms=50_000)
    [new] = make_videos(1, owner=alice, title='Street "new"', collection="Rides")
    make_videos(1, owner=alice, title="Garden")
    make_videos(1, owner=bob, title="Street of Bob")
    make_consent(old, until=datetime(2099, 3, 2, tzinfo=UTC))

    text = export(browser, "q=street&sort=title")

    assert text.startswith("\ufeffvideo,title,collection,uploaded,seconds,use,state,until,reason\r")
    first, second = table(text)
    assert (first["video"], first["title"], first["collection"]) == (
        str(new.uuid),
        'Street "new"',
        "Rides",
    )
    assert second == {
        "video": str(old.uuid),
        "title": "Street, old",
        "collection": "",
        "uploaded": "2026-10-19",
        "seconds": "50.0",
        "use": "remix",
        "state": "allowed",
        "until": "2099-03-01",
        "reason": "allowed",
    }


def test_the_export_is_about_the_use_that_was_asked_for(alice: User, browser: Client) -> None:
    make_consent(*make_videos(1, owner=alice), use="train")

    [remix], [train] = table(export(browser)), table(export(browser, "use=train"))

    assert (remix["use"], remix["state"]) == ("remix", "undecided")
    assert (train["use"], train["state"]) == ("train", "allowed")
    assert browser.get("/videos/spreadsheet.csv?use=voice").status_code == 404
    assert browser.get("/videos/spreadsheet.csv?remix=maybe").status_code == 400


def test_days_in_a_file_are_those_of_the_persons_zone(alice: User, client_of: ClientOf) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    night = datetime(2026, 6, 30, 12, tzinfo=UTC)
    [video] = make_videos(1, owner=alice, created_at=night)
    make_consent(video, until=datetime(2099, 6, 30, 12, tzinfo=UTC))
    browser = client_of(User.objects.get(pk=alice.pk))

    [row] = table(export(browser))
    same = drafted(browser, written([row]))
    later = drafted(browser, written([{**row, "until": "2099-07-01"}]))

    assert (row["uploaded"], row["until"]) == ("2026-07-01", "2099-06-30")
    assert same.will_change == 0
    [item] = later.items.select_related("after")
    assert item.after
    assert item.after.until == datetime(2099, 7, 1, 12, tzinfo=UTC)


def test_a_long_list_is_streamed_in_batches_with_every_video_once(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = datetime(2026, 1, 1, tzinfo=UTC)
    videos = make_videos(25, owner=alice, created_at=same)
    make_consent(*videos[:7])
    monkeypatch.setattr(spreadsheets, "BATCH", 10)

    with counted_queries() as captured:
        text = "".join(spreadsheets.export(Video.objects.owned_by(alice), "remix"))

    exported = [row["video"] for row in table(text)]
    assert exported == [str(video.uuid) for video in reversed(videos)]
    assert len(captured) == 3 + 2  # the batches; the terms and the notices that they stand on


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_a_title_that_looks_like_a_formula_is_text_in_a_spreadsheet(
    alice: User, browser: Client, title: str
) -> None:
    [video] = make_videos(1, owner=alice, title=title, collection=title)
    edit = make_consent(video)

    [row] = table(export(browser))
    answer: Any = browser.get(f"/edits/{edit.uuid}/items.csv")
    [result] = table(b"".join(answer.streaming_content).decode())

    assert row["title"] == row["collection"] == result["title"] == f"'{title}"
    assert drafted(browser, written([row])).will_change == 0


# out and back


@pytest.fixture
def library(alice: User, staff: User, time_machine: Any) -> list[Video]:
    """A video in each state, with titles that a table has to quote."""
    titles = ("lapsed, old", 'said "ended"', "ending\nsoon", "=open", "off", "never", "unready")
    videos = [make_videos(1, owner=alice, title=title)[0] for title in titles[:6]]
    make_consent(videos[0])
    notice = services.write_notice(
        Notice(use="remix", title="New", text="New"), actor=Actor.staff(staff)
    )
    services.publish_notice(notice, actor=Actor.staff(staff))
    now = timezone.now()
    make_consent(videos[1], until=now + timedelta(hours=1))
    make_consent(videos[2], until=now + timedelta(days=9, hours=3))
    make_consent(videos[3])
    turn_off(videos[4])
    time_machine.move_to(now + timedelta(hours=2))
    return [*videos, make_video(owner=alice, ready=False, title=titles[6])]


STATES = ["notice_changed", "expired", "allowed", "allowed", "off", "undecided", "undecided"]


def test_every_state_is_exported_as_it_is_stored(library: list[Video], browser: Client) -> None:
    by_id = {UUID(row["video"]): row for row in table(export(browser))}

    assert [by_id[video.uuid]["state"] for video in library] == STATES


@pytest.mark.parametrize("above", ["nothing", "an opt-out", "a pause"])
def test_a_file_sent_back_unchanged_changes_nothing(
    alice: User, library: list[Video], browser: Client, above: str
) -> None:
    if above == "an opt-out":
        opt_out(alice)
    before = Consent.objects.count(), Event.objects.count(), ConsentState.objects.get().version

    with override_switch("remixer_paused", active=above == "a pause"):
        text = export(browser)
        edit = drafted(browser, text)
    done = confirm(edit)

    states = {UUID(row["video"]): row["state"] for row in table(text)}
    assert [states[video.uuid] for video in library] == STATES
    assert (edit.selected, edit.will_change, edit.already) == (7, 0, 7)
    assert (done.status, done.changed) == ("applied", 0)
    assert before == (
        Consent.objects.count(),
        Event.objects.count(),
        ConsentState.objects.get().version,
    )


def test_what_is_asked_each_time_stays_so(alice: User, browser: Client) -> None:
    [video] = make_videos(1, owner=alice)
    given = make_consent(video)
    assert given.terms
    asking = Terms.objects.create(use="remix", notice=given.terms.notice, mode=Terms.Mode.ASK)
    Consent.objects.update(terms=asking)
    ConsentCount.objects.update(terms=asking)

    text = export(browser)

    assert table(text)[0]["state"] == "ask"
    assert drafted(browser, text).will_change == 0


def test_changed_states_and_ends_become_a_draft_and_then_true(alice: User, browser: Client) -> None:
    videos = make_videos(6, owner=alice)
    off, ends, open_end, renewed, never, same = videos
    make_consent(off, ends, same)
    make_consent(open_end, renewed, until=timezone.now() + timedelta(days=9))
    rows_by_id = {UUID(row["video"]): row for row in table(export(browser))}
    rows_by_id[off.uuid]["state"] = " OFF "
    rows_by_id[ends.uuid]["until"] = "2099-06-30"
    rows_by_id[open_end.uuid]["until"] = ""
    rows_by_id[renewed.uuid]["until"] = "2098-01-01"
    rows_by_id[never.uuid] |= {"state": "Allowed", "until": "2099-06-30"}

    edit = drafted(browser, written(list(rows_by_id.values())), reason="Yearly round")
    shown = browser.get(f"/edits/{edit.uuid}/preview/")
    untouched = reasons(*videos)
    done = confirm(edit)

    assert (edit.change, edit.reason, edit.grants, edit.withdraws) == (
        "listed",
        "Yearly round",
        4,
        1,
    )
    assert (edit.selected, edit.will_change, edit.already) == (6, 5, 1)
    assert "Apply the file to 5 videos?" in shown.text
    assert "1 would be turned off" in shown.text
    assert "would lose its end" in shown.text
    assert shown.context["notice"].version == 2
    assert untouched == ["allowed"] * 4 + ["undecided", "allowed"]
    assert (done.status, done.changed) == ("applied", 5)
    assert reasons(*videos) == ["off"] + ["allowed"] * 5
    ends_at = [querysets.ruling(video, "remix").until for video in videos]
    day = datetime(2099, 7, 1, tzinfo=UTC)
    assert ends_at == [None, day, None, datetime(2098, 1, 2, tzinfo=UTC), day, None]
    assert Event.objects.latest("id").action == "consent.edited"


def test_what_a_file_did_is_undone_like_anything(alice: User, browser: Client) -> None:
    one, other = make_videos(2, owner=alice)
    make_consent(one)
    edit = confirm(
        drafted(
            browser, lines((one.uuid, "remix", "off", ""), (other.uuid, "remix", "allowed", ""))
        )
    )

    inverse = confirm(services.undo_edit(edit.uuid, actor=Actor.creator(alice), creator=alice))

    assert inverse.changed == 2
    assert reasons(one, other) == ["allowed", "undecided"]


def test_a_video_that_is_not_ready_is_not_allowed_by_a_file(alice: User, browser: Client) -> None:
    raw = make_video(owner=alice, ready=False)

    edit = drafted(browser, lines((raw.uuid, "remix", "allowed", "")))

    assert (edit.will_change, edit.not_eligible) == (0, 1)
    assert edit.items.get().reason == "video_unavailable"


def test_three_columns_are_enough_and_without_ends_an_end_is_kept(
    alice: User, browser: Client
) -> None:
    ending, never = make_videos(2, owner=alice)
    end = timezone.now() + timedelta(days=9)
    make_consent(ending, until=end)
    text = lines(
        *((video.uuid, "remix", "allowed") for video in (ending, never)), header="Video , USE,state"
    )

    edit = confirm(drafted(browser, text))

    assert (edit.changed, edit.already) == (1, 1)
    assert querysets.ruling(ending, "remix").until == end
    assert querysets.ruling(never, "remix").until is None


@pytest.mark.parametrize(
    ("encode", "separator"),
    [
        (lambda text: text.encode(), ","),
        (lambda text: text.encode("utf-8-sig"), ";"),
        (lambda text: text.encode(), "\t"),
        (lambda text: text.encode("utf-16"), "\t"),
        (lambda text: text.encode("utf-16-le"), ";"),
        (lambda text: text.encode("utf-16-be"), ","),
        (lambda text: f"sep=;\n{text}".encode("utf-16"), ";"),
        (lambda text: text.replace("\n", "\r\n").encode(), ";"),
        (lambda text: (text + "\n\n;;;\n").encode(), ";"),
    ],
    ids=[
        *("commas", "semicolons", "tabs", "UTF-16", "UTF-16 without a mark", "UTF-16 big-endian"),
        *("sep=", "CRLF", "empty lines"),
    ],
)
def test_what_spreadsheets_write_is_read(
    alice: User, browser: Client, encode: Callable[[str], bytes], separator: str
) -> None:
    [video] = make_videos(1, owner=alice)
    text = lines((video.uuid, "remix", "allowed", "2099-01-01")).replace(",", separator)

    assert drafted(browser, encode(text)).will_change == 1


def test_columns_without_a_name_are_passed_over(alice: User, browser: Client) -> None:
    [video] = make_videos(1, owner=alice)
    text = f"video,use,state,,,\n{video.uuid},remix,allowed,,a note,\n"

    assert drafted(browser, text).will_change == 1


def test_what_changed_after_the_file_was_sent_is_left_alone(alice: User, browser: Client) -> None:
    one, other = make_videos(2, owner=alice)
    edit = drafted(browser, lines(*((v.uuid, "remix", "allowed", "") for v in (one, other))))
    turn_off(one)

    done = confirm(edit)

    assert (done.changed, done.superseded) == (1, 1)
    assert reasons(one, other) == ["off", "allowed"]


@pytest.mark.large_edits
def test_a_large_file_is_applied_by_a_job_and_what_it_turns_off_is_off_at_once(
    alice: User, browser: Client
) -> None:
    videos = make_videos(6, owner=alice)
    for video in videos[:3]:
        make_consent(video)
    states = ["off"] * 3 + ["allowed"] * 3
    edit = drafted(
        browser,
        lines(*((v.uuid, "remix", state, "") for v, state in zip(videos, states, strict=True))),
    )

    confirmed = confirm(edit)
    at_once = reasons(*videos)
    services.run_edit(confirmed.job.pk)
    edit.refresh_from_db()

    assert at_once == ["withdrawn"] * 3 + ["undecided"] * 3
    assert (edit.status, edit.changed, edit.parts) == ("applied", 6, 3)
    assert reasons(*videos) == states


@pytest.mark.large_edits
@pytest.mark.parametrize(("also_off", "ended"), [(2, ("applied", 2, 4)), (0, ("cancelled", 0, 0))])
def test_an_opt_out_voids_what_an_older_file_would_still_allow(
    alice: User, browser: Client, also_off: int, ended: tuple[str, int, int]
) -> None:
    """What the file turns off as well is turned off."""
    off, granted = make_videos(2, owner=alice), make_videos(4, owner=alice)
    make_consent(*off)
    states = [(video, "off") for video in off[:also_off]] + [(v, "allowed") for v in granted]
    edit = confirm(drafted(browser, lines(*((v.uuid, "remix", s, "") for v, s in states))))
    confirmed = edit.status

    opt_out(alice)
    opt_in(alice, restore="previous")
    edit = run(edit)

    assert confirmed == "confirmed"
    assert (edit.status, edit.changed, edit.superseded) == ended
    assert reasons(*granted) == ["undecided"] * 4
    assert reasons(*off) == ["off" if also_off else "allowed"] * 2


def test_a_file_asks_a_number_of_queries_that_does_not_grow_with_its_lines(
    browser: Client,
) -> None:
    def queries(count: int) -> int:
        owner = make_user()
        videos = make_videos(count, owner=owner)
        text = lines(*((video.uuid, "remix", "allowed", "2099-01-01") for video in videos))
        use, read = spreadsheets.read(io.BytesIO(text.encode()), size=len(text))
        with counted_queries() as captured:
            services.draft_from_spreadsheet(
                read, actor=Actor.creator(owner), creator=owner, use=use, reason=""
            )
        return len(captured)

    queries(1)
    assert queries(1) == queries(100)


def test_only_the_creator_sends_a_file(alice: User, bob: User, staff: User) -> None:
    [video] = make_videos(1, owner=alice)
    text = lines((video.uuid, "remix", "off", "")).encode()
    use, read = spreadsheets.read(io.BytesIO(text), size=len(text))

    for actor in (Actor.staff(staff), Actor.creator(bob)):
        with pytest.raises(Forbidden):
            services.draft_from_spreadsheet(read, actor=actor, creator=alice, use=use)

    assert not Edit.objects.exists()


# what cannot be used


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("video,use\n", "state is missing"),
        ("title;state\nx;off\n", "video, use is missing"),
        ("video,use,state,State\n", "one is there twice"),
        ("a picture of a cat", "video, use, state is missing"),
        ("\n\n", "video, use, state is missing"),
        ("video,use,state\n", "This file has no lines."),
        ("video,use,state\n,,\n \n", "This file has no lines."),
        ('video,use,state\n"unclosed', "not a table that we can read"),
        (f"video,use,state\n{'x' * 140_000}", "not a table that we can read"),
    ],
)
def test_what_is_no_such_table_is_refused_with_what_to_do(
    alice: User, browser: Client, content: str, says: str
) -> None:
    make_videos(1, owner=alice)

    refused(browser, content, status=422, says=says)


@pytest.mark.parametrize(
    "content",
    [
        "video,use,state\nÄhre,remix,off".encode("latin-1"),
        "video,use,state\nx,remix,off".encode("utf-16")[:-1],
        b"video,use,state\nx,remix,o\0ff",
        bytes(range(256)),
    ],
    ids=["latin-1", "half a letter", "NUL", "bytes"],
)
def test_a_file_in_another_encoding_is_refused_with_what_to_do(
    browser: Client, content: bytes
) -> None:
    refused(browser, content, status=422, says="Choose “CSV UTF-8” when you save it")


def test_no_file_and_an_empty_one_are_refused_with_what_to_do(browser: Client) -> None:
    missing = browser.post("/videos/spreadsheet/", {"reason": "x"})
    empty = send(browser, b"")
    text = browser.post("/videos/spreadsheet/", {"file": "not a file"})

    assert {answer.status_code for answer in (missing, empty, text)} == {422}
    assert "Choose the file first." in missing.text
    assert "This file is empty." in empty.text
    assert not Edit.objects.exists()


def test_every_line_that_cannot_be_used_is_named_with_its_number(
    alice: User, browser: Client
) -> None:
    good, twice, third = (video.uuid for video in make_videos(3, owner=alice))
    content = lines(
        (good, "remix", "allowed", ""),  # line 2
        ("7", "remix", "off", ""),
        (twice, "remix", "off", ""),
        (twice, "remix", "allowed", ""),
        (uuid4(), "train", "off", ""),
        (uuid4(), "voice", "off", ""),
        (third, "remix", "perhaps", ""),
        (uuid4(), "remix", "allowed", "soon"),
        (uuid4(), "remix", "allowed", "2026-02-30"),
        (uuid4(), "remix", "allowed", "9999-12-31"),
        (uuid4(), "remix", "allowed", "99999999999999999999-01-01"),
        (uuid4(), "remix"),
    )

    answer = refused(browser, content, status=422, says="Fix these lines and upload it again.")

    assert answer.context["problems"] == [
        (3, "the column “video” must hold the video's id, as exported."),
        (5, "this video is on line 4 already."),
        (6, "a file is about one use, and this one began with remix."),
        (7, f"the use must be one of {', '.join(USES)}."),
        (8, "the state must be allowed or off."),
        (9, "the last day must be written like 2027-03-01, or left empty."),
        (10, "the last day must be written like 2027-03-01, or left empty."),
        (11, "the last day must be written like 2027-03-01, or left empty."),
        (12, "the last day must be written like 2027-03-01, or left empty."),
        (13, "the state must be allowed or off."),
    ]


def test_lines_are_numbered_as_in_the_file_also_after_a_title_of_several_lines(
    alice: User, browser: Client
) -> None:
    [video] = make_videos(1, owner=alice)
    content = (
        "video,title,use,state\r\n"
        f'{video.uuid},"one\ntwo\nthree",remix,off\r\n'
        "\r\n"
        'x,"a\nb",remix,off\r\n'
        "y,a,remix,off\r\n"
    )

    answer = refused(browser, content, status=422, says="Line 6:")

    assert [number for number, _ in answer.context["problems"]] == [6, 8]


def test_a_video_that_is_foreign_unknown_or_removed_is_named_alike(
    alice: User, bob: User, browser: Client
) -> None:
    mine, gone = make_videos(2, owner=alice)
    [foreign] = make_videos(1, owner=bob)
    services.remove_video(gone, actor=Actor.creator(alice))
    content = lines(
        *((uuid, "remix", "off", "") for uuid in (mine.uuid, foreign.uuid, uuid4(), gone.uuid))
    )

    answer = refused(browser, content, status=422, says="does not exist or is not yours")

    sentence = "this video does not exist or is not yours."
    assert answer.context["problems"] == [(3, sentence), (4, sentence), (5, sentence)]
    assert reasons(foreign) == ["undecided"]


def test_every_line_with_an_end_in_the_past_or_too_far_away_is_named(
    alice: User, browser: Client
) -> None:
    uuids = [video.uuid for video in make_videos(5, owner=alice)]
    days = ("2001-01-01", "2099-01-01", "2001-01-01", "2300-01-01", "")
    content = lines(
        *((uuid, "remix", "allowed", day) for uuid, day in zip(uuids, days, strict=True))
    )

    answer = refused(browser, content, status=422, says="The end is in the past.")

    assert answer.context["problems"] == [
        (2, "The end is in the past. Choose a later day."),
        (4, "The end is in the past. Choose a later day."),
        (5, services.TOO_FAR),
    ]


def test_today_is_an_end_that_has_not_passed(alice: User, browser: Client) -> None:
    [video] = make_videos(1, owner=alice)
    today = timezone.localdate().isoformat()

    assert drafted(browser, lines((video.uuid, "remix", "allowed", today))).will_change == 1


def test_of_many_bad_lines_the_first_hundred_are_named_and_the_rest_is_counted(
    browser: Client,
) -> None:
    content = lines(*((uuid4(), "remix", "perhaps", "") for _ in range(105)))

    answer = refused(browser, content, status=422, says="and 5 more.")

    assert len(answer.context["problems"]) == 100


def test_too_many_different_ends_are_refused(alice: User, browser: Client) -> None:
    videos = make_videos(501, owner=alice)
    start = datetime(2090, 1, 1, tzinfo=UTC)
    content = lines(
        *(
            (video.uuid, "remix", "allowed", (start + timedelta(days=n)).date())
            for n, video in enumerate(videos)
        )
    )

    refused(browser, content, status=422, says="names 501 different last days")


def test_a_file_of_more_than_100000_lines_is_refused(browser: Client) -> None:
    content = lines(*((UUID(int=n), "remix", "off", "") for n in range(100_001)))

    refused(browser, content, status=413, says="This file has more than 100,000 lines.")


def test_a_file_of_100000_lines_is_read() -> None:
    content = lines(*((UUID(int=n), "remix", "off", "") for n in range(100_000))).encode()

    use, read = spreadsheets.read(io.BytesIO(content), size=len(content))

    assert (use, len(read), read[-1].number) == ("remix", 100_000, 100_001)


def test_a_file_above_the_limit_is_refused_while_it_arrives(browser: Client) -> None:
    answer = refused(
        browser,
        b"x" * (spreadsheets.MAX_BYTES + 1),
        status=413,
        says="This file is larger than 25 MB. Filter the list to fewer videos",
    )

    assert answer.wsgi_request.FILES.getlist("file") == []


def test_a_reader_asks_the_size_before_it_reads() -> None:
    with pytest.raises(Refused) as no:
        spreadsheets.read(io.BytesIO(b""), size=spreadsheets.MAX_BYTES + 1)

    assert (no.value.status, no.value.code) == (413, "file_too_large")


def test_a_creator_without_room_for_videos_may_still_send_a_file(
    alice: User, browser: Client, settings: Settings
) -> None:
    [video] = make_videos(1, owner=alice)
    settings.QUOTA_BYTES = settings.UPLOAD_MAX_BYTES = 10

    assert drafted(browser, lines((video.uuid, "remix", "off", ""))).will_change == 1


# what came of it


def test_a_result_is_downloaded_whole_or_by_outcome(alice: User, browser: Client) -> None:
    changed, already, superseded = make_videos(3, owner=alice, title="Ride")
    raw = make_video(owner=alice, ready=False)
    make_consent(already)
    edit = draft(changed, already, superseded, raw)
    turn_off(superseded)
    confirm(edit)

    def download(query: str = "") -> tuple[str, list[dict[str, str]]]:
        answer: Any = browser.get(f"/edits/{edit.uuid}/items.csv{query}")
        assert answer.status_code == 200
        text = b"".join(answer.streaming_content).decode()
        return answer["Content-Disposition"], table(text)

    name, whole = download()
    parts = {
        outcome: [row["video"] for row in download(f"?outcome={outcome}")[1]]
        for outcome in Item.Outcome.values
    }

    assert name.startswith('attachment; filename="edit-')
    terms = "remix/2 allowed everyone -"
    assert [tuple(row.values()) for row in whole] == [
        (str(changed.uuid), "Ride", "undecided", terms, "changed", ""),
        (str(already.uuid), "Ride", terms, terms, "already", ""),
        (str(superseded.uuid), "Ride", "undecided", terms, "superseded", ""),
        (str(raw.uuid), raw.title, "undecided", terms, "not_eligible", "video_unavailable"),
    ]
    assert parts == {
        "changed": [str(changed.uuid)],
        "already": [str(already.uuid)],
        "superseded": [str(superseded.uuid)],
        "not_eligible": [str(raw.uuid)],
        "pending": [],
        "cancelled": [],
    }
    for page in (f"/edits/{edit.uuid}/items.csv", f"/edits/{edit.uuid}/"):
        unknown = browser.get(f"{page}?outcome=nonsense")
        assert unknown.status_code == 400
        assert "There is no outcome “nonsense”." in unknown.text


def test_a_result_comes_in_batches_with_every_video_once(
    alice: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "BATCH", 3)
    videos = make_videos(8, owner=alice)
    edit = make_consent(*videos)

    with counted_queries() as captured:
        rows_of_it = table("".join(spreadsheets.result(edit.items.all())))

    assert [row["video"] for row in rows_of_it] == [str(video.uuid) for video in videos]
    assert len(captured) == 3


def test_what_the_export_finds_is_what_the_list_finds(alice: User, browser: Client) -> None:
    make_consent(*make_videos(3, owner=alice))
    make_videos(2, owner=alice)
    chosen = VideoFilter(
        {"remix": "allowed"}, queryset=Video.objects.owned_by(alice), creator=alice
    )

    exported = {UUID(row["video"]) for row in table(export(browser, "remix=allowed"))}

    assert exported == set(chosen.qs.values_list("uuid", flat=True))
