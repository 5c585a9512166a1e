"""What a page of the staff admin offers, the role that reads it may do; and it reads as words."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from pytest_django import Settings

from consent.models import Edit, Hold, Item, Notice, Terms
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.roles import Role
from library.models import Video
from remixer import services
from remixer.models import Render
from tests import factories
from tests.acts import hold, turn_off
from tests.admin.test_admin import url
from tests.conftest import ClientOf
from tests.database import counted_queries
from tests.factories import make_user
from tests.memes import make_render

pytestmark = pytest.mark.django_db
RAW = re.compile(
    r"\b(creator|staff|system):[0-9a-f]{8}-"  # an actor as it is stored
    r"|\b(render|edit|meme) [0-9a-f]{8}-"
    r"|\b[ap]\.m\."  # Django's dates for English
    r"|(Nov|Dec)\. \d"
)


@pytest.fixture
def meme(alice: User, bob: User, carol: User) -> Render:
    """A meme of a video that is on hold, reported and appealed: a row for nearly every page."""
    video = factories.make_video(owner=alice, title="Cat")
    factories.make_consent(video)
    now = timezone.now()
    meme = make_render(
        video, bob, state="done", file_key="x", poster_key=video.poster_key, published_at=now
    )
    services.report(
        actor=Actor.creator(carol),
        reporter=carol,
        video=video,
        render=meme,
        kind="hate",
        text="Look",
    )
    turn_off(factories.make_video(owner=alice, with_files=False))
    [held] = hold(video).holds
    services.appeal_hold(held, actor=Actor.creator(alice), person=alice, text="No")
    Notice.objects.create(use="remix", version=9, title="Draft", text="…", material=False)
    return meme


def pages(browser: Client) -> dict[str, str]:
    """The HTML of the first page, of each list and of one row of each, as far as they open."""
    addresses = [reverse("admin:index"), "/"]
    for model in admin.site._registry:
        addresses.append(url(model, "changelist"))
        if row := model._default_manager.order_by("-pk").first():
            addresses.append(url(model, "change", row.pk))
    answers = {address: browser.get(address) for address in addresses}
    return {
        address: answer.content.decode()
        for address, answer in answers.items()
        if answer.status_code == 200
    }


def offered(address: str, html: str) -> set[str]:
    """Where the links of a page and its forms of GET lead, without the order and the filters."""
    hrefs = re.findall(r"<a\b[^>]*?\bhref=\"([^\"]+)\"", html)
    paths = (urlsplit(urljoin(address, unescape(href))) for href in hrefs)
    return {path.path for path in paths if not path.netloc}


@pytest.mark.parametrize("role", Role.values)
def test_nothing_that_a_page_offers_is_refused_to_who_reads_it(
    role: str, meme: Render, client_of: ClientOf
) -> None:
    browser = client_of(make_user(role=role))
    shown = pages(browser)
    links = set().union(*(offered(address, html) for address, html in shown.items()))

    refused = {link for link in links - set(shown) if browser.get(link).status_code in (403, 404)}

    assert refused == set()
    assert len(links) > 20
    watch = reverse("admin:remixer_render_watch", args=[meme.pk])
    assert (watch in links) is (role in ("moderation", "admin"))
    assert (reverse("admin:remixer_pause") in links) is (role == "admin")


def test_an_action_that_a_list_offers_opens(meme: Render, client_of: ClientOf) -> None:
    """Of the role that has all of them: the page that asks why."""
    browser, tried = client_of(make_user(role="admin")), 0

    for model in admin.site._registry:
        answer = browser.get(url(model, "changelist"))
        form = answer.context.get("action_form")
        rows = model._default_manager.order_by("-pk")[:1]
        for name, _ in form.fields["action"].choices if form and rows else ():
            data = {"action": name, "_selected_action": [rows[0].pk]}
            if name:
                assert browser.post(url(model, "changelist"), data).status_code == 200
                tried += 1

    assert tried > 15


def test_who_is_staff_without_a_role_is_not_led_into_the_admin(client_of: ClientOf) -> None:
    browser = client_of(make_user(is_staff=True))

    assert reverse("admin:index") not in offered("/", browser.get("/").text)


def test_pages_of_staff_speak_in_words(meme: Render, client_of: ClientOf) -> None:
    browser = client_of(make_user(role="admin"))

    for address, html in pages(browser).items():
        body = re.sub(r"<pre>.*?</pre>|<script.*?</script>", "", html, flags=re.DOTALL)
        found = RAW.search(strip_tags(body))
        if address != url(type(meme), "change", meme.pk) and "/audit/event/" in address:
            continue  # the log shows what it has stored
        assert not found, (address, found)
    down = browser.post(
        url(Render, "changelist"), {"action": "takedown", "_selected_action": [meme.pk]}
    )
    link = f'<a href="{url(Render, "change", meme.pk)}">a meme of “Cat”</a>'
    assert link in down.text


def test_lists_of_staff_cost_the_same_for_one_row_and_for_many(
    alice: User, client_of: ClientOf
) -> None:
    browser = client_of(make_user(role="admin"))
    videos = factories.make_videos(4, owner=alice)
    factories.make_consent(videos[0])
    hold(videos[0])
    with counted_queries() as one:
        for model in (Edit, Hold, Item, Terms, Video):
            browser.get(url(model, "changelist"))
    for video in videos[1:]:
        factories.make_consent(video)
        hold(video)

    with counted_queries() as many:
        for model in (Edit, Hold, Item, Terms, Video):
            browser.get(url(model, "changelist"))

    assert len(one) == len(many)


@pytest.mark.parametrize("debug", [True, False], ids=["debug", "no debug"])
def test_a_filter_that_a_list_does_not_have_is_refused_on_our_page(
    debug: bool, client_of: ClientOf, settings: Settings
) -> None:
    settings.DEBUG = debug
    browser = client_of(make_user(role="support"))

    for query in ("?password__startswith=a", "?consent_state__opted_out=maybe", "?is_active=x"):
        answer = browser.get(url(User, "changelist") + query)
        assert answer.status_code == 400
        assert "This list has no such filter" in answer.text
        assert "Traceback" not in answer.text
