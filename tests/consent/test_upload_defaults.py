"""What later uploads start with: chosen by their creator alone, for what comes later alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import Event
from consent import querysets, services
from consent.models import Consent, Edit, Notice, UploadDefault
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.models import User
from library.models import Video
from tests.acts import opt_in, opt_out, publish_notice, turn_off
from tests.conftest import ClientOf
from tests.database import counted_queries, rows
from tests.decisions import reason_of
from tests.factories import make_consent, make_video, make_videos
from tests.library import clips
from tests.library.conftest import bring, ingested
from tests.log import body, last_body

pytestmark = pytest.mark.django_db


def choose(
    owner: User, *, use: str = "remix", on: bool = True, **more: Any
) -> UploadDefault | None:
    grant = services.Grant(until=more.pop("until", None)) if on else None
    return services.set_upload_default(
        actor=Actor.creator(owner), creator=owner, use=use, grant=grant, **more
    )


def arrives(owner: User, via: str = "upload") -> Video:
    """A video that has just become ready."""
    [video] = make_videos(1, owner=owner, via=via)
    services.apply_upload_defaults(video)
    return video


def test_an_upload_starts_as_its_creator_chose(alice: User, bob: User, tmp_path: Path) -> None:
    end = datetime(2099, 1, 1, tzinfo=UTC)
    choose(alice, until=end)

    mine = ingested(bring(clips.good(tmp_path / "a.mp4"), alice))
    foreign = ingested(bring(clips.good(tmp_path / "b.mp4"), bob))

    assert [reason_of(mine), reason_of(foreign)] == ["allowed", "undecided"]
    assert reason_of(mine, "train") == "undecided"
    assert querysets.ruling(mine, "remix").until == end


def test_what_the_choice_did_is_an_edit_in_the_log_and_is_undone_like_any(alice: User) -> None:
    choose(alice)

    video = arrives(alice)
    edit = Edit.objects.get()
    logged = last_body()
    inverse = services.undo_or_draft(edit.uuid, actor=Actor.creator(alice), creator=alice)

    assert (edit.status, edit.changed, edit.reason) == ("applied", 1, "Your choice for new uploads")
    assert (logged["action"], logged["subject"]) == ("consent.edited", str(video.uuid))
    assert (logged["actor"], logged["reason"]) == (
        f"creator:{alice.uuid}",
        "Your choice for new uploads",
    )
    assert inverse.status == "applied"
    assert reason_of(video) == "undecided"


def test_the_choice_is_an_event_that_names_its_notice(alice: User) -> None:
    notice = Notice.objects.get(use="remix", version=2)
    make_videos(2, owner=alice)
    end = datetime(2099, 1, 1, tzinfo=UTC)

    choice = choose(alice, notice=notice.uuid, until=end)

    logged = body(Event.objects.get())
    for name in ("id", "correlation_id", "at"):
        assert logged.pop(name)
    assert logged == {
        "v": 2,
        "action": "upload_default.chosen",
        "actor": f"creator:{alice.uuid}",
        "creator": str(alice.uuid),
        "creator_seq": 1,
        "use": "remix",
        "to": "allowed",
        "until": "2099-01-01T00:00:00.000000Z",
        "notice": str(notice.uuid),
    }
    assert choice
    assert choice.after_video == Video.objects.latest("pk").pk


def test_the_same_choice_again_writes_nothing(alice: User) -> None:
    choose(alice)
    before = rows()

    choose(alice)
    choose(alice, use="train", on=False)

    assert rows() == before


def test_taking_the_choice_back_touches_no_video(alice: User) -> None:
    choose(alice)
    started = arrives(alice)

    assert choose(alice, on=False) is None
    later = arrives(alice)

    assert [reason_of(started), reason_of(later)] == ["allowed", "undecided"]
    last = last_body()
    assert (last["action"], last["to"], last["notice"]) == ("upload_default.chosen", "off", None)


def test_the_choice_never_touches_what_was_there(alice: User) -> None:
    """Neither what is ready nor what becomes ready later, nor what is tried once more."""
    there = make_videos(3, owner=alice)
    turn_off(there[1])
    on_its_way = make_video(owner=alice, ready=False)
    before = list(Consent.objects.values())

    choose(alice)
    Video.objects.filter(pk=on_its_way.pk).update(status=Video.Status.READY)
    for video in (*there, on_its_way):
        services.apply_upload_defaults(Video.objects.get(pk=video.pk))

    assert [reason_of(video) for video in (*there, on_its_way)] == [
        "undecided",
        "off",
        "undecided",
        "undecided",
    ]
    assert list(Consent.objects.values()) == before


def test_choosing_again_reaches_only_later_uploads(alice: User) -> None:
    choose(alice)
    [waiting] = make_videos(1, owner=alice)

    choose(alice, until=datetime(2099, 1, 1, tzinfo=UTC))
    services.apply_upload_defaults(waiting)

    assert reason_of(waiting) == "undecided"


@pytest.mark.parametrize("via", ["import", "demo", "copy", ""])
def test_what_was_not_uploaded_starts_undecided(alice: User, via: str) -> None:
    choose(alice)

    assert reason_of(arrives(alice, via)) == "undecided"
    assert not Edit.objects.exists()


def test_an_import_starts_undecided_whatever_was_chosen(alice: User, tmp_path: Path) -> None:
    choose(alice)
    folder = tmp_path / "library"
    folder.mkdir()
    clips.good(folder / "good.mp4")

    call_command("import_videos", folder, creator="alice", verbosity=0)
    video = ingested(Video.objects.get(owner=alice))

    assert (video.status, reason_of(video)) == ("ready", "undecided")


def test_a_video_brought_by_the_api_starts_as_chosen(alice: User) -> None:
    choose(alice)

    assert reason_of(arrives(alice, "api")) == "allowed"


def test_opting_out_overrides_the_choice(alice: User) -> None:
    choose(alice)
    opt_out(alice)

    video = arrives(alice)
    during = reason_of(video)
    opt_in(alice, restore="previous")

    assert during == "opted_out"
    assert not Consent.objects.exists()
    assert [reason_of(video), reason_of(arrives(alice))] == ["undecided", "allowed"]


def test_starting_from_all_off_forgets_the_choice(alice: User) -> None:
    choose(alice)
    choose(alice, use="train")
    opt_out(alice)

    opt_in(alice, restore="all_off")

    assert reason_of(arrives(alice)) == "undecided"
    assert not UploadDefault.objects.exists()
    opted_in, *forgotten = Event.objects.order_by("-id")[:3]
    assert [event.action for event in forgotten] == ["upload_default.chosen"] * 2
    assert {event.correlation_id for event in forgotten} == {opted_in.correlation_id}


@pytest.mark.parametrize(("material", "started"), [(True, "undecided"), (False, "allowed")])
def test_a_choice_under_an_older_text_lapses_if_the_revision_is_material(
    alice: User, staff: User, client_of: ClientOf, *, material: bool, started: str
) -> None:
    choose(alice)

    publish_notice(staff, material=material)

    assert reason_of(arrives(alice)) == started
    page = client_of(alice).get("/videos/new-uploads/").text
    assert ("Lapsed" in page) is material
    assert ("Remix starts <b>allowed</b>" in client_of(alice).get("/").text) is not material


def test_a_choice_whose_end_has_passed_starts_nothing(alice: User, time_machine: Any) -> None:
    choose(alice, until=timezone.now() + timedelta(days=1))
    time_machine.move_to(timezone.now() + timedelta(days=1, seconds=1))

    assert reason_of(arrives(alice)) == "undecided"


def test_a_lapsed_choice_is_renewed_under_the_new_text(alice: User, staff: User) -> None:
    choose(alice)
    notice = publish_notice(staff)

    choose(alice, notice=notice.uuid)

    video = arrives(alice)
    assert reason_of(video) == "allowed"
    assert Consent.objects.get(video=video).terms.notice == notice  # type: ignore[union-attr]


def test_a_choice_under_a_text_that_was_not_in_view_is_refused(alice: User, staff: User) -> None:
    seen = Notice.objects.get(use="remix", version=2)
    publish_notice(staff, material=False)
    before = rows()

    for notice in (seen.uuid, uuid4(), Notice.objects.get(use="train").uuid):
        with pytest.raises(Conflict, match="notice was revised"):
            choose(alice, notice=notice)

    assert rows() == before


def test_nobody_but_the_creator_chooses(alice: User, bob: User, staff: User) -> None:
    choose(alice, use="train")
    before = rows()

    for actor in (Actor.staff(staff), Actor.creator(bob), Actor.system("import")):
        for grant in (services.Grant(), None):
            with pytest.raises(Forbidden):
                services.set_upload_default(actor=actor, creator=alice, use="train", grant=grant)

    assert rows() == before


@pytest.mark.parametrize(
    ("use", "until", "code"),
    [
        ("voice", None, "unknown_use"),
        ("remix", datetime(2020, 1, 1, tzinfo=UTC), "end_in_the_past"),
        ("remix", datetime(2400, 1, 1, tzinfo=UTC), "end_too_far"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_a_sentence(
    alice: User, use: str, until: datetime | None, code: str
) -> None:
    before = rows()

    with pytest.raises(Refused) as refused:
        choose(alice, use=use, until=until)

    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")
    assert rows() == before


def test_starting_twice_is_starting_once_and_what_was_decided_stays(alice: User) -> None:
    choose(alice)
    video = arrives(alice)
    [decided] = make_videos(1, owner=alice)
    turn_off(decided)
    before = rows()

    assert services.apply_upload_defaults(video) == services.apply_upload_defaults(decided) == []

    assert rows() == before


def test_a_video_that_was_removed_meanwhile_is_not_started(alice: User) -> None:
    choose(alice)
    [video] = make_videos(1, owner=alice)
    services.remove_video(video, actor=Actor.creator(alice))

    assert services.apply_upload_defaults(video) == []
    assert not Consent.objects.exists()


@pytest.mark.large_edits
def test_an_upload_does_not_wait_for_an_edit_that_is_under_way(alice: User) -> None:
    videos = make_videos(4, owner=alice)
    choose(alice, use="train")
    assert make_consent(*videos).is_live

    assert reason_of(arrives(alice), "train") == "allowed"


def test_without_a_choice_an_upload_takes_one_query(alice: User) -> None:
    [video] = make_videos(1, owner=alice)

    with counted_queries() as captured:
        services.apply_upload_defaults(video)

    assert len(captured) == 1


# by the page


def test_the_choice_is_made_and_undone_with_the_notice_in_view(
    alice: User, client_of: ClientOf
) -> None:
    browser = client_of(alice)
    notice = Notice.objects.get(use="remix", version=2)
    [existing] = make_videos(1, owner=alice)

    page = browser.get("/videos/new-uploads/")
    chosen = browser.post(
        "/videos/new-uploads/",
        {"use": "remix", "start": "allowed", "notice": notice.uuid, "until": "2099-06-30"},
        follow=True,
    )
    overview = browser.get("/").text
    taken_back = browser.post(
        "/videos/new-uploads/", {"use": "remix", "start": "undecided"}, follow=True
    )

    assert notice.text.splitlines()[0] in page.text
    assert "New uploads start with Remix allowed. Nothing else has changed." in chosen.text
    assert "Remix starts <b>allowed</b>" in overview
    assert "New uploads start with Remix off. Nothing else has changed." in taken_back.text
    assert not UploadDefault.objects.exists()
    assert reason_of(existing) == "undecided"


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"use": "voice", "start": "allowed"}, 422, "Select a valid choice"),
        ({"use": "remix", "start": "perhaps"}, 422, "Select a valid choice"),
        ({"use": "remix"}, 422, "required"),
        ({}, 422, "required"),
        ({"use": "remix", "start": "allowed", "until": "soon"}, 422, "Write the last day like"),
        ({"use": "remix", "start": "allowed", "until": "2001-01-01"}, 400, "in the past"),
        ({"use": "remix", "start": "allowed", "until": "2400-01-01"}, 422, "hundred years"),
        ({"use": "remix", "start": "allowed", "notice": "7"}, 422, "valid UUID"),
        ({"use": "remix", "start": "allowed", "notice": ""}, 422, "Read the text first"),
        ({"use": "remix", "start": "allowed", "notice": str(UUID(int=7))}, 409, "was revised"),
    ],
)
def test_a_wrong_choice_is_said_on_the_page_and_changes_nothing(
    alice: User, client_of: ClientOf, form: dict[str, str], status: int, says: str
) -> None:
    choose(alice, use="train")
    before = rows()
    in_view = {"notice": str(Notice.objects.get(use="remix", version=2).uuid)}

    answer = client_of(alice).post("/videos/new-uploads/", in_view | form)

    assert answer.status_code == status
    assert says in answer.text
    assert rows() == before
