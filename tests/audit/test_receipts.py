"""Receipts out of the database: what the product hands out holds, and for whom it does so."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

import verify_receipt
from audit import erasing, keys, receipts, sequencing
from audit.models import Event, HandedOut
from audit.notes import Signer
from consent.models import Edit, Notice
from creatorhub.errors import Conflict, NotFound, Refused
from creatorhub.models import User
from library.models import Video
from tests import acts, factories
from tests import log as written
from tests.conftest import ApiOf, LargeEdits
from tests.database import counted_queries

pytestmark = pytest.mark.django_db


def trust() -> verify_receipt.Trust:
    return verify_receipt.Trust(
        [verify_receipt.Key.parse(str(key)) for key in keys.verifiers()], given=True
    )


def checked(data: bytes, by: verify_receipt.Trust | None = None) -> verify_receipt.Seen:
    """What a receipt or an archive proves by these keys, or all of the log. Raises Refused where it
    does not hold."""
    seen = verify_receipt.Seen("file")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            verify_receipt.read_archive(archive, by or trust(), seen)
    else:
        verify_receipt.check_receipt(data.decode(), by or trust(), seen)
    return seen


def address(path: str) -> str:
    return f"https://hub.test{path}"


def archive(creator: User) -> bytes:
    _, pieces = receipts.archive(creator=creator, address=address)
    return b"".join(pieces)


def receipt(event: Event, *, creator: User, video: Video | None = None) -> bytes:
    _, data = receipts.of_event(
        event.uuid, creator=creator, address=address, video=video.uuid if video else None
    )
    return data


def event_of(action: str) -> Event:
    return Event.objects.filter(action=action).latest("id")


# ------------------------------------------------------------------ one event


def test_the_receipt_of_an_edit_holds_and_reads_as_a_record_of_consent(alice: User) -> None:
    [video] = factories.make_videos(1, owner=alice)
    until = datetime(2090, 3, 1, tzinfo=ZoneInfo("UTC"))
    factories.make_consent(video, until=until)
    written.sign()
    event = event_of("consent.edited")

    data = receipt(event, creator=alice, video=video)

    [words] = checked(data).words
    notice = Notice.objects.filter(use="remix").latest("version")
    assert f"Event 1 in the record of creator {alice.uuid}: consent.edited" in words
    assert (
        f"video {video.uuid}: from “undecided” to “remix/{notice.version} allowed everyone 2090"
        in words
    )
    found = json.loads(data)
    assert found["receipt_id"] == f"{event.uuid}/{video.uuid}"
    assert found["keys"] == [str(key) for key in keys.verifiers()]
    record = found["record"]
    assert record.pop("purpose_description").startswith("Anyone signed in may make memes")
    assert record.pop("pii_information")
    assert record == {
        "record_id": str(event.uuid),
        "pii_principal_id": str(alice.uuid),
        "lawful_basis": "consent",
        "purpose": "remix",
        "language": "en",
        "privacy_notice": {
            "id": str(notice.uuid),
            "version": notice.version,
            "title": notice.title,
            "sha256": notice.digest,
        },
        "pii_controllers": [
            {
                "party_name": "CreatorHub",
                "party_url": "https://hub.test/",
                "party_role": "pii_controller",
            }
        ],
        "recipient_third_parties": ["Everyone"],
        "withdrawal_method": "https://hub.test/opt-out/",
        "events": [
            {
                "event_time": event.written["at"],
                "entity_id": f"creator:{alice.uuid}",
                "event_type": "explicit",
                "event_state": "given",
                "validity_duration": event.written["until"],
            }
        ],
    }


def test_a_withdrawal_reads_as_one_and_keeps_its_reason_beside_the_hash(alice: User) -> None:
    [video] = factories.make_videos(1, owner=alice)
    factories.make_consent(video)
    acts.turn_off(video, reason="Not any more")
    written.sign()

    data = receipt(event_of("consent.edited"), creator=alice)

    [words] = checked(data).words
    record = json.loads(data)["record"]
    assert "  reason: “Not any more”" in words
    assert record["events"][0]["event_state"] == "withdrawn"
    assert "privacy_notice" not in record


def test_what_was_erased_is_not_in_a_receipt_which_still_holds(alice: User) -> None:
    [video] = factories.make_videos(1, owner=alice)
    factories.make_consent(video)
    acts.turn_off(video, reason="Not any more")
    written.sign()
    archive(alice)
    erasing.erase(alice)

    data = receipt(event_of("consent.edited"), creator=alice)

    assert b"Not any more" not in data
    assert "  reason: erased, or not in this receipt" in checked(data).words[0]
    assert not HandedOut.objects.filter(creator=alice).exclude(size=2).exists()


def test_each_video_of_a_large_edit_has_its_receipt(alice: User, large_edits: LargeEdits) -> None:
    large_edits(inline=2, chunk=3)
    videos = factories.make_videos(8, owner=alice)
    acts.run_to_the_end(acts.turn_off(*videos))
    [left_alone, other] = factories.make_videos(2, owner=alice)
    acts.turn_off(left_alone, other)
    written.sign()
    confirmed = Event.objects.get(action="edit.confirmed")

    for place, video in enumerate(videos):
        data = receipt(confirmed, creator=alice, video=video)
        [words] = checked(data).words
        assert f"  video {video.uuid}: from “undecided” to “off”, changed" in words
        assert f"  part: {place // 3 + 1}\n" in words

    with pytest.raises(NotFound, match="not about this video"):
        receipt(confirmed, creator=alice, video=left_alone)
    small = Event.objects.get(action="consent.edited")
    assert f"video {other.uuid}" in checked(receipt(small, creator=alice, video=other)).words[0]


def test_videos_that_are_no_longer_as_they_were_recorded_get_no_receipt(alice: User) -> None:
    videos = factories.make_videos(2, owner=alice)
    edit = acts.turn_off(*videos)
    written.sign()
    edit.items.filter(video=videos[0]).update(outcome="superseded")

    with pytest.raises(Refused, match="no longer those that were recorded") as refused:
        receipt(event_of("consent.edited"), creator=alice, video=videos[1])
    assert refused.value.status == 503


def test_only_who_has_it_in_their_record_gets_a_receipt(alice: User, bob: User) -> None:
    factories.make_consent(*factories.make_videos(1, owner=alice))
    written.sign()

    with pytest.raises(NotFound):
        receipt(event_of("consent.edited"), creator=bob)
    assert not HandedOut.objects.exists()


def test_before_it_is_signed_there_is_none(alice: User) -> None:
    videos = factories.make_videos(2, owner=alice)
    factories.make_consent(videos[0])
    with pytest.raises(NotFound, match="no checkpoint yet"):
        receipt(event_of("consent.edited"), creator=alice)
    written.sign()
    factories.make_consent(videos[1])

    with pytest.raises(Conflict, match="is signed soon") as refused:
        receipt(event_of("consent.edited"), creator=alice)
    assert refused.value.code == "not_signed_yet"
    sequencing.sequence()
    with pytest.raises(Conflict):
        receipt(event_of("consent.edited"), creator=alice)
    assert checked(archive(alice)).waiting == 1


def test_somebody_of_whom_nothing_is_signed_gets_no_archive(alice: User, bob: User) -> None:
    factories.make_consent(*factories.make_videos(1, owner=alice))
    written.sign()

    with pytest.raises(Conflict, match="Nothing in your record is signed yet"):
        archive(bob)


# ------------------------------------------------------------------ the archive


def test_the_archive_has_a_whole_record_with_every_video_and_a_program(
    alice: User, bob: User, large_edits: LargeEdits
) -> None:
    large_edits(inline=2, chunk=3)
    videos = factories.make_videos(7, owner=alice)
    factories.make_consent(*videos[:2])
    factories.make_consent(*factories.make_videos(2, owner=bob))
    acts.run_to_the_end(acts.turn_off(*videos))
    acts.opt_out(alice)
    written.sign()

    data = archive(alice)

    seen = checked(data)
    number = Event.objects.filter(creator=alice).count()
    assert (seen.creator, sorted(seen.events)) == (str(alice.uuid), [*range(1, number + 1)])
    told = "\n".join(seen.words)
    for counted in (2, 3, 3, 1):
        assert f"complete, and the one that was recorded: {counted}" in told
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        assert made.testzip() is None
        assert made.read("key.txt").decode().split() == [str(key) for key in keys.verifiers()]
        assert b"def main" in made.read("verify_receipt.py")
        assert b"python verify_receipt.py" in made.read("README.txt")
        assert str(bob.uuid).encode() not in b"".join(made.read(one) for one in made.namelist())


def test_a_later_archive_shows_by_itself_that_the_log_goes_on(alice: User, bob: User) -> None:
    videos = factories.make_videos(4, owner=alice)
    files = []
    for video in videos:
        factories.make_consent(video)
        factories.make_consent(*factories.make_videos(1, owner=bob))
        written.sign()
        files += [archive(alice), receipt(event_of("consent.edited"), creator=bob)]
        single = receipt(Event.objects.filter(creator=alice).latest("id"), creator=alice)
        files.append(single)

    newest = checked(files[-3])
    for older in files:
        seen = checked(older)
        if seen.creator == str(alice.uuid):
            assert verify_receipt.compare(seen, newest, [])
    assert verify_receipt.compare(checked(files[0]), checked(files[-1]), [])
    assert HandedOut.objects.filter(creator=alice).count() == 4


def test_receipts_of_before_and_after_a_new_key_are_compared_by_both(
    alice: User, settings: Settings
) -> None:
    videos = factories.make_videos(2, owner=alice)
    factories.make_consent(videos[0])
    written.sign()
    before, old_key = archive(alice), trust()
    settings.LOG_VERIFIER_KEYS = [str(keys.signer().verifier)]
    settings.LOG_KEY = Signer.generate("hub.test/log").secret()
    factories.make_consent(videos[1])
    written.sign()

    after = archive(alice)

    assert len(trust().keys) == 2
    assert verify_receipt.compare(checked(before), checked(after), [])
    with pytest.raises(verify_receipt.Refused, match="NOT signed with the key of the log"):
        checked(after, old_key)


def test_an_event_changed_by_whoever_has_the_database_shows(alice: User, bob: User) -> None:
    """Old receipts go on holding; a new one does not, or is at odds with them."""
    factories.make_consent(*factories.make_videos(1, owner=alice))
    factories.make_consent(*factories.make_videos(1, owner=bob))
    written.sign()
    own = Event.objects.get(creator=alice)
    before = archive(alice)
    written.rewrite(own, b'"to":"allowed"', b'"to":"endless"')

    with pytest.raises(verify_receipt.Refused, match="NOT the one in the log"):
        checked(archive(alice))
    with pytest.raises(verify_receipt.Refused, match="NOT the one in the log"):
        checked(receipt(own, creator=alice))
    assert checked(before).events


def test_a_log_written_anew_and_signed_again_is_at_odds_with_what_was_kept(
    alice: User, bob: User
) -> None:
    factories.make_consent(*factories.make_videos(1, owner=bob))
    factories.make_consent(*factories.make_videos(1, owner=alice))
    written.sign()
    before = archive(alice)
    changed = Event.objects.get(creator=bob)
    written.rewrite(changed, b'"to":"allowed"', b'"to":"endless"')
    written.forget_checkpoints()
    factories.make_consent(*factories.make_videos(1, owner=alice))
    written.sign()

    after = archive(alice)
    assert len(checked(after).events) == 2
    with pytest.raises(verify_receipt.Refused, match="NOT shown to continue"):
        verify_receipt.compare(checked(before), checked(after), [])


def test_the_archive_is_made_in_pieces_by_as_many_queries_for_many_events_as_for_few(
    alice: User,
) -> None:
    videos = factories.make_videos(12, owner=alice)
    factories.make_consent(*videos[:2])
    acts.opt_out(alice)
    acts.opt_in(alice, restore="all_off")
    acts.opt_out(alice)
    written.sign()
    archive(alice)
    with counted_queries() as few:
        archive(alice)
    for _ in range(5):
        acts.opt_in(alice, restore="all_off")
        acts.opt_out(alice)
    written.sign()
    with counted_queries() as many:
        _, pieces = receipts.archive(creator=alice, address=address)
        sizes = [len(piece) for piece in pieces]

    assert len(many) <= len(few) + 1  # and a proof that the log goes on
    assert len(sizes) == Event.objects.filter(creator=alice).count() + 1


# ------------------------------------------------------------------ pages and API


@pytest.fixture
def signed_edit(alice: User, large_edits: LargeEdits) -> Edit:
    """Of three videos, applied in two parts, and signed."""
    large_edits(inline=1, chunk=2)
    edit = acts.run_to_the_end(acts.turn_off(*factories.make_videos(3, owner=alice)))
    written.sign()
    return edit


def test_the_activity_links_to_receipts_of_ones_own_record(signed_edit: Edit) -> None:
    alice = signed_edit.creator
    browser = factories.client_of(alice)
    event = event_of("edit.confirmed")

    page = browser.get("/activity/").content.decode()
    answer = browser.get(f"/activity/{event.uuid}/receipt.json")
    all_of_it = browser.get("/activity/receipts.zip")

    assert f'href="/activity/{event.uuid}/receipt.json"' in page
    assert 'href="/activity/receipts.zip"' in page
    assert answer["Content-Type"] == "application/json"
    assert f'filename="receipt-{event.creator_seq}.json"' in answer["Content-Disposition"]
    assert "http://testserver/" in answer.content.decode()
    assert len(checked(answer.content).events) == 1
    assert all_of_it["Content-Type"] == "application/zip"
    assert all_of_it["Cache-Control"] == "private, no-store"
    assert len(checked(b"".join(all_of_it)).events) == 4


def test_a_video_links_to_the_receipt_of_its_part_in_an_edit(signed_edit: Edit) -> None:
    browser = factories.client_of(signed_edit.creator)
    video = signed_edit.items.order_by("video").last().video  # type: ignore[union-attr]
    path = f"/edits/{signed_edit.uuid}/videos/{video.uuid}/receipt.json"

    page = browser.get(f"/videos/{video.uuid}/").content.decode()

    assert f'href="{path}"' in page
    assert f"video {video.uuid}" in checked(browser.get(path).content).words[0]
    other = factories.make_video(owner=signed_edit.creator)
    refused = browser.get(f"/edits/{signed_edit.uuid}/videos/{other.uuid}/receipt.json")
    assert (refused.status_code, "has not changed this video" in refused.content.decode()) == (
        404,
        True,
    )


def test_a_page_says_what_is_wrong(alice: User) -> None:
    browser = factories.client_of(alice)

    answer = browser.get("/activity/receipts.zip")
    assert (answer.status_code, "no checkpoint yet" in answer.content.decode()) == (404, True)
    factories.make_consent(*factories.make_videos(1, owner=factories.make_user("other")))
    written.sign()
    answer = browser.get("/activity/receipts.zip")
    assert (answer.status_code, "signed yet" in answer.content.decode()) == (409, True)
    assert browser.get("/activity/receipts.zip?x=1").status_code == 400
    assert browser.get(f"/activity/{uuid.uuid4()}/receipt.json").status_code == 404


def test_the_api_has_both(signed_edit: Edit, api_of: ApiOf) -> None:
    api = api_of(signed_edit.creator)
    event = event_of("edit.confirmed")
    video = signed_edit.items.order_by("video")[0].video
    base = "/api/v1/audit/events"

    assert [*checked(api.get(f"{base}/{event.uuid}/receipt/").content).events] == [1]
    of_video = api.get(f"{base}/{event.uuid}/receipt/?video={video.uuid}", HTTP_ACCEPT="*/*")
    assert f"video {video.uuid}" in checked(of_video.content).words[0]
    whole: Any = api.get(f"{base}/receipts/", HTTP_ACCEPT="application/zip")
    assert checked(b"".join(whole)).archive
    for path, status, code in (
        (f"{event.uuid}/receipt/?video=x", 400, "invalid_video"),
        (f"{event.uuid}/receipt/?vidoe={video.uuid}", 400, "unknown_parameter"),
        (f"{event.uuid}/receipt/?video={uuid.uuid4()}", 404, "not_found"),
        (f"{uuid.uuid4()}/receipt/", 404, "not_found"),
        ("receipts/?kind=consent", 400, "unknown_parameter"),
    ):
        answer = api.get(f"{base}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
