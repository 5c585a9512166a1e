"""What holds on every page: WCAG rules that a program can check, and a narrow screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from consent import selection
from consent import services as consent
from consent.models import Edit, EditJob
from creatorhub.actors import Actor
from creatorhub.jobs import State
from creatorhub.models import User
from remixer import services as remixer
from remixer.models import Render
from tests import factories
from tests.browser.accessibility import OF_COLOUR, dangling, problems
from tests.browser.conftest import PageOf

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
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
        "/videos/?remix=nonsense&longer=-5",
        "/videos/spreadsheet/",
        "/videos/new-uploads/",
        f"/edits/{edit.uuid}/",
        f"/edits/{edit.uuid}/?outcome=already",
        f"/edits/{draft.uuid}/preview/",
        f"/edits/{under_way.uuid}/",
        "/activity/",
        f"/activity/as-it-stood/?day={timezone.localdate():%Y-%m-%d}",
        "/activity/as-it-stood/?day=9999-12-31",
        f"/videos/{video.uuid}/timeline/",
        f"/videos/{video.uuid}/as-it-stood/?day={timezone.localdate():%Y-%m-%d}",
        "/account/",
        "/account/delete/",
        "/account/export/",
        "/opt-out/",
        "/opt-in/",
        "/remix/",
        f"/remix/{video.uuid}/",
        f"/remix/{waiting.uuid}/",
        "/memes/",
        f"/memes/{render.uuid}/",
        f"/memes/{render.uuid}/remove/",
        "/memes-of-my-videos/",
        f"/videos/{video.uuid}/memes/",
        "/account/email/",
        "/account/password/change/",
        "/account/logout/",
    ]


PUBLIC = [
    *("/account/login/", "/account/signup/", "/account/password/reset/", "/log/", "/no-such-page/"),
]


def test_every_page_is_accessible_in_both_schemes_and_fits_a_narrow_screen(
    alice: User, page_of: PageOf
) -> None:
    found: dict[str, object] = {}
    for person, paths in ((alice, pages(alice)), (None, PUBLIC)):
        page = page_of(person)
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            page.goto(path)
            if broken := problems(page):
                found[path] = broken
            page.emulate_media(color_scheme="dark")
            if broken := problems(page, rules=OF_COLOUR):
                found[f"{path}, dark"] = broken
            page.set_viewport_size({"width": 390, "height": 900})
            width = page.evaluate("document.scrollingElement.scrollWidth")
            if width > 390:
                found[f"{path}, narrow"] = width

    assert found == {}


def wrong_forms(alice: User) -> list[tuple[str, str, str]]:
    """(page, field, what to type in it): the form comes back with an error on that field."""
    [video] = factories.make_videos(1, owner=alice)
    draft = consent.draft_edit(
        actor=Actor.creator(alice),
        creator=alice,
        use="remix",
        grant=consent.Grant(),
        ids=[video.uuid],
    )
    factories.make_consent(video)
    return [
        ("/upload/", "file", ""),
        (f"/videos/{video.uuid}/rename/", "title", " "),
        ("/videos/spreadsheet/", "file", ""),
        ("/videos/new-uploads/", "until", "2001-01-01"),
        (f"/edits/{draft.uuid}/preview/", "until", "2001-01-01"),
        (f"/remix/{video.uuid}/?text_top=Hello", "length", "9999"),
        ("/account/", "display_name", "x" * 100),
        ("/account/password/change/", "oldpassword", ""),
        ("/account/email/", "email", "nobody"),
        ("/opt-in/", "restore", ""),
    ]


def send(page: Page, path: str, field: str, text: str) -> None:
    """Past what the browser itself would refuse."""
    page.goto(path)
    control = page.locator(f"main [name='{field}']:not([type=hidden])").last
    if text:
        control.evaluate("control => control.removeAttribute('maxlength')")
        control.fill(text)
    with page.expect_navigation(wait_until="load"):
        control.evaluate("""({ form }) => {
            form.noValidate = true;
            form.requestSubmit([...form.querySelectorAll("[type=submit]")].at(-1));
        }""")


def test_what_is_wrong_with_a_form_is_tied_to_its_field(alice: User, page_of: PageOf) -> None:
    found: dict[str, object] = {}
    signed_in, stranger = page_of(alice), page_of(None)
    cases = [(signed_in, *case) for case in wrong_forms(alice)]
    cases += [
        (stranger, "/account/login/", "login", ""),
        (stranger, "/account/signup/", "email", "x"),
    ]
    for page, path, field, text in cases:
        if path == "/opt-in/":
            consent.opt_out(actor=Actor.creator(alice), creator=alice)
        send(page, path, field, text)
        if broken := problems(page) or untied(page, field):
            found[path] = broken
    signed_in.goto("/videos/?remix=nonsense&longer=-5")
    for field in ("remix", "longer"):
        if broken := untied(signed_in, field):
            found[field] = broken

    assert found == {}


def untied(page: Page, field: str) -> str:
    """Nothing, if the field or the group around it refers to an error that is in view."""
    control = page.locator(f"main [name='{field}']:not([type=hidden])").last
    ids: str = control.evaluate(
        "control => control.closest('[aria-describedby]')?.getAttribute('aria-describedby') ?? ''"
    )
    errors = [name for name in ids.split() if page.locator(f"#{name}.error").is_visible()]
    return "" if errors else f"{field} refers to no error, but to “{ids}”"


def test_a_reference_to_nothing_is_found(page_of: PageOf) -> None:
    page = page_of(None)
    page.set_content(
        """<label for="gone">A</label><input id="b" aria-describedby="b_hint b_error">
        <p id="b_hint">Hint</p><div aria-labelledby="title"></div><input list="words">"""
    )

    assert dangling(page) == [
        'label for="gone"',
        'input list="words"',
        'input aria-describedby="b_error"',
        'div aria-labelledby="title"',
    ]
