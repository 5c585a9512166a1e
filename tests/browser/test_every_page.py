"""What holds on every page: WCAG rules that a program can check, and a narrow screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from consent import selection
from consent import services as consent
from consent.models import Edit, EditJob
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from remixer import services as remixer
from remixer.models import Render
from tests import factories
from tests.browser.conftest import PageOf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def pages(alice: User) -> list[str]:
    """Every page, with something on it."""
    video = factories.make_video(owner=alice, title="A title that goes on and on " * 4)
    waiting = factories.make_video(owner=alice, ready=False)
    edit = factories.make_consent(video)
    factories.make_videos(30, owner=alice)
    ending = factories.make_video(owner=alice, title="Ends soon")
    factories.make_consent(ending, until=timezone.now() + timedelta(days=3))
    actor = Actor.creator(alice)
    everything = selection.everything(alice)
    draft = consent.draft_edit(
        actor=actor, creator=alice, use="train", grant=consent.Grant(), matching=everything
    )
    consent.save_filter(actor=actor, creator=alice, name="Rainy days", asked={"q": "rain"})
    consent.set_upload_default(actor=actor, creator=alice, use="remix", grant=consent.Grant())
    under_way = Edit.objects.create(
        creator=alice,
        actor=f"creator:{alice.uuid}",
        use="train",
        status=Edit.Status.PREPARING,
        expires_at=timezone.now() + timedelta(days=1),
    )
    EditJob.objects.create(edit=under_way)
    render = remixer.request_render(
        actor=Actor.creator(alice),
        requester=alice,
        video=video,
        template="top_bottom",
        captions={"top": "Unbreakable" * 5},
        start=0,
        length=1,
    )
    remixer.run_render(render.pk)
    assert Render.objects.get().state == State.DONE
    return [
        "/",
        "/videos/",
        "/videos/?q=zzz",
        f"/videos/{video.uuid}/",
        "/upload/",
        "/videos/?size=25&all=1&q=video",
        "/videos/?q=rain&remix=off&from=2020-01-01&longer=1",
        "/videos/?remix=nonsense",
        "/videos/spreadsheet/",
        "/videos/new-uploads/",
        f"/edits/{edit.uuid}/",
        f"/edits/{edit.uuid}/?outcome=already",
        f"/edits/{draft.uuid}/preview/",
        f"/edits/{under_way.uuid}/",
        "/activity/",
        "/account/",
        "/opt-out/",
        "/opt-in/",
        "/remix/",
        f"/remix/{video.uuid}/",
        f"/remix/{waiting.uuid}/",
        "/memes/",
        f"/memes/{render.uuid}/",
        f"/memes/{render.uuid}/remove/",
        "/made-from-mine/",
        f"/videos/{video.uuid}/memes/",
        "/account/email/",
        "/account/password/change/",
        "/account/logout/",
    ]


PUBLIC = ["/account/login/", "/account/signup/", "/account/password/reset/", "/no-such-page/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(alice: User, page_of: PageOf, scheme: str) -> None:
    found = {}
    for person, paths in ((alice, pages(alice)), (None, PUBLIC)):
        page = page_of(person)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in paths:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            violations = Axe().run(page).response["violations"]
            if violations:
                found[path] = [
                    (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
                    for one in violations
                ]

    assert found == {}


def test_nothing_scrolls_sideways_on_a_narrow_screen(alice: User, page_of: PageOf) -> None:
    wide = {}
    for person, paths in ((alice, pages(alice)), (None, PUBLIC)):
        page = page_of(person, width=390)
        for path in paths:
            page.goto(path)
            width = page.evaluate("document.scrollingElement.scrollWidth")
            if width > 390:
                wide[path] = width

    assert wide == {}
