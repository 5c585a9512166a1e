"""A page that was open for a while changes only what its reader changed on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse_lazy
from rest_framework.test import APIClient

from audit.models import Event
from consent.models import SavedFilter, UploadDefault
from creatorhub.models import User
from creatorhub.shown import ChangedMeanwhile, merged
from library import services
from library.models import Video
from tests.conftest import ClientOf
from tests.factories import make_videos

pytestmark = pytest.mark.django_db
DEFAULTS = reverse_lazy("consent:upload_defaults")
NOW = {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("sent", "shown", "stored"),
    [
        ({"a": "3", "b": "2"}, None, {"a": "3", "b": "2"}),  # a form that showed nothing
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2"}),
        (
            {"a": "0", "b": "5"},
            {"a": "0", "b": "2"},
            {"a": "1", "b": "5"},
        ),  # a was changed elsewhere
        ({"a": "1", "b": "2"}, {"a": "0", "b": "2"}, {"a": "1", "b": "2"}),  # to the same
    ],
)
def test_what_was_left_alone_stays_as_it_is_now(
    sent: dict[str, str], shown: dict[str, str] | None, stored: dict[str, str]
) -> None:
    assert merged(NOW, sent, shown) == stored


def test_what_both_changed_is_not_stored() -> None:
    with pytest.raises(ChangedMeanwhile) as refused:
        merged(NOW, {"a": "5", "b": "6"}, {"a": "0", "b": "2"})

    assert (refused.value.fields, refused.value.now, refused.value.status) == (["a"], NOW, 409)


def form_on(browser: Client, address: str, action: str = "") -> dict[str, str]:
    """The fields of the form on a page whose tag has `action` in it, as they are shown."""
    text = browser.get(address).text
    forms = re.findall(r"<form[^>]*>.*?</form>", text, re.S)
    [form] = [one for one in forms if action in one.partition(">")[0] and 'name="shown"' in one]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


@pytest.fixture
def tab(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


@pytest.mark.parametrize("page", ["/videos/{}/", "/videos/{}/rename/"])
def test_a_rename_in_one_tab_keeps_the_collection_of_another(
    alice: User, tab: Client, page: str
) -> None:
    [video] = make_videos(1, owner=alice, title="Ride", collection="Old")
    rename = f"/videos/{video.uuid}/rename/"
    here = form_on(tab, page.format(video.uuid), "rename")
    there = form_on(tab, page.format(video.uuid), "rename")

    tab.post(rename, {**there, "collection": "New"})
    answer = tab.post(rename, {**here, "title": "Morning ride"})

    assert answer.status_code == 303
    video.refresh_from_db()
    assert (video.title, video.collection) == ("Morning ride", "New")


def test_a_title_that_both_tabs_changed_is_kept_typed_and_stored_when_sent_again(
    alice: User, tab: Client
) -> None:
    [video] = make_videos(1, owner=alice, title="Ride", collection="Old")
    rename = f"/videos/{video.uuid}/rename/"
    here, there = form_on(tab, rename, "rename"), form_on(tab, rename, "rename")
    tab.post(rename, {**there, "title": "Theirs", "collection": "New"})

    answer = tab.post(rename, {**here, "title": "Mine"})

    assert answer.status_code == 409
    text = unescape(answer.text)
    assert "so nothing was saved" in text
    assert "It is “Theirs” now. Save to replace that with what you typed." in text
    assert 'value="Mine"' in text
    assert 'value="New"' in text, "what was left alone is shown as it is now"
    assert re.search(r"\d{4}, \d\d:\d\d: You ", text), "who changed it, and when"
    video.refresh_from_db()
    assert video.title == "Theirs"

    again = {
        name: answer.context["form"][name].value() for name in ("title", "collection", "shown")
    }
    assert tab.post(rename, again).status_code == 303
    video.refresh_from_db()
    assert (video.title, video.collection) == ("Mine", "New")


def test_the_account_keeps_what_another_tab_changed(alice: User, tab: Client) -> None:
    here, there = form_on(tab, "/account/"), form_on(tab, "/account/")

    tab.post("/account/", {**there, "time_zone": "Africa/Cairo"})
    kept = tab.post("/account/", {**here, "display_name": "Alice A."})
    both = tab.post("/account/", {**here, "display_name": "Alice B."})

    assert (kept.status_code, both.status_code) == (303, 409)
    alice.refresh_from_db()
    assert (alice.display_name, alice.time_zone) == ("Alice A.", "Africa/Cairo")
    assert "It is “Alice A.” now." in unescape(both.text)


def test_an_upload_default_is_not_replaced_unseen_but_always_turned_off(
    alice: User, tab: Client
) -> None:
    [shown] = [one for one in forms_of_defaults(tab) if one["use"] == "remix"]
    tab.post(DEFAULTS, {**shown, "until": ""})

    answer = tab.post(DEFAULTS, {**shown, "until": "2099-01-01"})
    off = tab.post(DEFAULTS, {"use": "remix", "start": "undecided"})

    assert answer.status_code == 409
    assert "so nothing was saved" in unescape(answer.text)
    assert off.status_code == 303
    assert not UploadDefault.objects.exists()


def forms_of_defaults(browser: Client) -> list[dict[str, str]]:
    found = []
    for form in re.findall(r"<form[^>]*>.*?</form>", browser.get(DEFAULTS).text, re.S):
        if 'name="start"' in form:
            pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
            found.append(dict(pairs))
    return found


def test_a_saved_filter_of_another_tab_is_not_replaced_unseen(alice: User, tab: Client) -> None:
    here = form_on(tab, "/videos/?q=a", "/filters/")
    there = form_on(tab, "/videos/?q=b", "/filters/")

    first = tab.post("/videos/filters/", {**there, "name": "Mine"})
    answer = tab.post("/videos/filters/", {**here, "name": "Mine"})
    other = tab.post("/videos/filters/", {**here, "name": "Other"})
    seen = form_on(tab, "/videos/?q=a", "/filters/")
    again = tab.post("/videos/filters/", {**seen, "name": "Mine"})

    assert [one.status_code for one in (first, answer, other, again)] == [303, 409, 303, 303]
    assert "“Mine” was saved with another filter" in unescape(answer.text)
    assert SavedFilter.objects.get(name="Mine").query == "q=a"


def test_a_program_changes_what_it_sends_and_may_name_what_it_read(
    alice: User, api_of: Callable[[User], APIClient]
) -> None:
    [video] = make_videos(1, owner=alice, title="Ride", collection="Old")
    api, address = api_of(alice), f"/api/v1/videos/{video.uuid}/"

    def patch(tag: str | None, **sent: str) -> Any:
        headers = {"if-match": tag} if tag else {}
        return api.patch(address, sent, format="json", headers=headers)

    read = api.get(address)["ETag"]
    first = patch(read, title="Theirs")
    stale = patch(read, title="Mine")
    plain = patch(None, collection="New")
    anything = patch("*", title="Mine")

    assert [one.status_code for one in (first, stale, plain, anything)] == [200, 412, 200, 200]
    assert stale.json()["code"] == "changed_meanwhile"
    assert first["ETag"] not in (read, anything["ETag"])
    assert api.get(address)["ETag"] == anything["ETag"]
    video.refresh_from_db()
    assert (video.title, video.collection) == ("Mine", "New")
    assert services.name_tag(video) == anything["ETag"]
    assert Event.objects.filter(subject=video.uuid).count() == 3
    assert Video.objects.count() == 1


# what is kept by browsers


PRIVATE = (
    "/",
    "/videos/",
    "/account/",
    "/activity/",
    "/memes/",
    "/remix/",
    "/opt-out/",
    "/nothing/",
)


@pytest.mark.parametrize("page", PRIVATE)
def test_every_page_of_a_signed_in_person_is_stored_nowhere(tab: Client, page: str) -> None:
    assert "no-store" in tab.get(page)["Cache-Control"]
    assert "no-store" in tab.post(page)["Cache-Control"]


def test_what_programs_read_is_stored_nowhere_and_what_is_public_may_be(
    alice: User, client: Client, api_of: Callable[[User], APIClient]
) -> None:
    [video] = make_videos(1, owner=alice)

    assert "no-store" in api_of(alice).get("/api/v1/videos/")["Cache-Control"]
    public = client.get(f"/api/v1/videos/{video.uuid}/consent/")
    assert "no-store" not in public.get("Cache-Control", "")
    assert "no-store" not in client.get("/.well-known/security.txt").get("Cache-Control", "")
