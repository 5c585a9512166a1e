"""Who gets what at every address: one table. An address that is not in it fails a test.

nobody  is not signed in
carol   is signed in, and nothing here is hers
bob     made a meme of alice's video
alice   owns the video, the drafts and the edits
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from audit import sequencing, signing
from audit.models import Event
from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.models import User
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from tests import acts, factories

pytestmark = pytest.mark.django_db

TO_SIGN_IN = 302
PEOPLE = ("nobody", "carol", "bob", "alice")


@dataclass(frozen=True)
class Row:
    """`of` names what the address is about; `form` what is sent by POST."""

    name: str
    nobody: int
    carol: int
    bob: int
    alice: int
    of: str = ""
    method: str = "GET"
    form: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    json: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.name} {self.of}".rstrip()


def api(name: str, nobody: int, carol: int, bob: int, alice: int, **more: Any) -> Row:
    return Row(f"api:{name}", nobody, carol, bob, alice, json=True, **more)


def post(name: str, nobody: int, carol: int, bob: int, alice: int, **more: Any) -> Row:
    return Row(name, nobody, carol, bob, alice, method="POST", **more)


OFF = {"use": "remix", "state": "off", "selection": {"ids": ["{video}"]}}
AT_ONCE = {"use": "remix", "selection": {"ids": ["{video}"]}}
TEMPLATE = {"template": "{template}"}
CHOICE = {"use": "remix", "start": "undecided"}
TOKEN = {"name": "Desk", "scope": "read", "days": "7"}
IDS = {"use": "remix", "ids": ["{video}"]}
CHECK = {"use": "remix", "videos": ["{video}"]}
MEME = {"video": "{video}", "template": "{template}", "captions": {"{box}": "x"}, "duration": 1}

#   address, then the status for: nobody, carol, bob, alice
TABLE = [
    # the API
    api("video-list", 401, 200, 200, 200),
    api("video-list", 401, 415, 415, 415, method="POST"),
    api("video-detail", 401, 404, 404, 200, of="video"),
    api("video-detail", 401, 404, 404, 200, of="video", method="PATCH", form={"title": "New"}),
    api("video-detail", 401, 404, 404, 204, of="video", method="DELETE"),
    api("video-retry", 401, 404, 404, 409, of="video", method="POST"),
    api("video-consent", 200, 200, 200, 200, of="video"),
    api("check-list", 401, 200, 200, 200, method="POST", form=CHECK),
    api("opt-out", 401, 200, 200, 200),
    api("opt-out", 401, 200, 200, 200, method="PUT", form={"opted_out": True}),
    api("consent-state", 401, 200, 200, 200),
    api("edit-list", 401, 200, 200, 200),
    api("edit-list", 401, 404, 404, 201, method="POST", form=OFF),
    api("edit-turn-off", 401, 404, 404, 200, method="POST", form=AT_ONCE),
    api("edit-detail", 401, 404, 404, 200, of="draft"),
    api("edit-items", 401, 404, 404, 200, of="draft"),
    api("edit-confirm", 401, 404, 404, 200, of="draft", method="POST"),
    api("edit-cancel", 401, 404, 404, 409, of="draft", method="POST"),
    api("edit-undo", 401, 404, 404, 200, of="edit", method="POST"),
    api("edit-retry", 401, 404, 404, 409, of="edit", method="POST"),
    api("template-list", 401, 200, 200, 200),
    api("template-detail", 401, 200, 200, 200, of="template"),
    api("meme-list", 401, 200, 200, 200),
    api("meme-list", 401, 201, 201, 201, method="POST", form=MEME),
    api("meme-detail", 401, 200, 200, 200, of="meme"),
    api("meme-detail", 401, 404, 200, 404, of="waiting"),
    api("meme-detail", 401, 404, 204, 404, of="meme", method="DELETE"),
    api("meme-file", 401, 200, 200, 200, of="meme"),
    api("meme-file", 401, 404, 404, 404, of="waiting"),
    api("meme-cancel", 401, 404, 200, 404, of="waiting", method="POST"),
    api("meme-retry", 401, 404, 202, 404, of="failed", method="POST"),
    api("use-of-my-videos-list", 401, 200, 200, 200),
    api("event-list", 401, 200, 200, 200),
    api("event-receipt", 401, 404, 404, 200, of="event"),
    api("event-receipts", 401, 409, 409, 200),
    api("log-checkpoint", 200, 200, 200, 200),
    api("log-key", 200, 200, 200, 200),
    api("log-consistency", 200, 200, 200, 200, query={"old": "1"}),
    api("log-tile", 200, 200, 200, 200, of="tile"),
    api("schema", 200, 200, 200, 200),
    api("docs", 200, 200, 200, 200),
    # for whoever found a hole; not set here
    Row("security_txt", 404, 404, 404, 404),
    # what everybody may know about the log
    Row("log:log", 200, 200, 200, 200),
    Row("log:verifier", 200, 200, 200, 200),
    # where one stands
    Row("consent:overview", TO_SIGN_IN, 200, 200, 200),
    Row("consent:opt_out", TO_SIGN_IN, 200, 200, 200),
    post("consent:opt_out", TO_SIGN_IN, 303, 303, 303),
    Row("consent:opt_in", TO_SIGN_IN, 200, 200, 200),
    post("consent:opt_in", TO_SIGN_IN, 303, 303, 303, form={"restore": "previous"}),
    Row("consent:activity", TO_SIGN_IN, 200, 200, 200),
    Row("consent:receipt", TO_SIGN_IN, 404, 404, 200, of="event"),
    Row("consent:as_it_stood", TO_SIGN_IN, 200, 200, 200),
    Row("consent:as_it_stood_export", TO_SIGN_IN, 400, 400, 400),
    Row("consent:video_timeline", TO_SIGN_IN, 404, 404, 200, of="video"),
    Row("consent:video_as_it_stood", TO_SIGN_IN, 404, 404, 200, of="video"),
    Row("consent:receipts_archive", TO_SIGN_IN, 409, 409, 200),
    Row("consent:receipt_of_video", TO_SIGN_IN, 404, 404, 200, of="video in edit"),
    Row("accounts:account", TO_SIGN_IN, 200, 200, 200),
    Row("accounts:token_new", TO_SIGN_IN, 200, 200, 200),
    post("accounts:token_new", TO_SIGN_IN, 201, 201, 201, form=TOKEN),
    post("accounts:token_end", TO_SIGN_IN, 303, 303, 303, of="video"),
    post("accounts:send_confirmation", TO_SIGN_IN, 303, 303, 303),
    Row("accounts:sessions", TO_SIGN_IN, 200, 200, 200),
    post("accounts:sessions", TO_SIGN_IN, 303, 303, 303),
    post("accounts:session_end", TO_SIGN_IN, 303, 303, 303, of="no passkey"),
    Row("accounts:export", TO_SIGN_IN, 200, 200, 200),
    post("accounts:export", TO_SIGN_IN, 303, 303, 303),
    Row("accounts:export_status", TO_SIGN_IN, 200, 200, 200),
    Row("accounts:export_file", TO_SIGN_IN, 404, 404, 404, of="video"),
    Row("accounts:delete", TO_SIGN_IN, 200, 200, 200),
    post("accounts:delete", TO_SIGN_IN, 303, 303, 303),
    post("accounts:keep", TO_SIGN_IN, 409, 409, 409),
    # videos
    Row("consent:videos", TO_SIGN_IN, 200, 200, 200),
    Row("consent:spreadsheet_export", TO_SIGN_IN, 200, 200, 200),
    Row("consent:spreadsheet_draft", TO_SIGN_IN, 200, 200, 200),
    post("consent:spreadsheet_draft", TO_SIGN_IN, 422, 422, 422),
    post("consent:filter_save", TO_SIGN_IN, 303, 303, 303, form={"name": "x", "query": "q=x"}),
    post("consent:videos_turn", TO_SIGN_IN, 303, 303, 303, form={"to": "?size=25"}),
    post("consent:filter_forget", TO_SIGN_IN, 404, 404, 303, of="filter"),
    Row("consent:upload_defaults", TO_SIGN_IN, 200, 200, 200),
    post("consent:upload_defaults", TO_SIGN_IN, 303, 303, 303, form=CHOICE),
    Row("consent:video", TO_SIGN_IN, 404, 404, 200, of="video"),
    post("consent:video_remove", TO_SIGN_IN, 404, 404, 303, of="video"),
    Row("library:upload", TO_SIGN_IN, 200, 200, 200),
    post("library:upload", TO_SIGN_IN, 422, 422, 422),
    Row("library:video_rename", TO_SIGN_IN, 404, 404, 200, of="video"),
    post("library:video_rename", TO_SIGN_IN, 404, 404, 303, of="video", form={"title": "New"}),
    post("library:video_retry", TO_SIGN_IN, 404, 404, 409, of="video"),
    Row("library:ingest_status", TO_SIGN_IN, 404, 404, 303, of="video"),
    Row("library:video_file", TO_SIGN_IN, 404, 404, 200, of="video"),
    Row("library:poster", TO_SIGN_IN, 404, 404, 200, of="video"),
    # edits
    post("consent:turn_off", TO_SIGN_IN, 404, 404, 303, form=IDS),
    post("consent:edit_draft", TO_SIGN_IN, 404, 404, 303, form=IDS),
    Row("consent:edit_preview", TO_SIGN_IN, 404, 404, 200, of="draft"),
    post("consent:edit_preview", TO_SIGN_IN, 404, 404, 303, of="draft"),
    post("consent:edit_confirm", TO_SIGN_IN, 404, 404, 303, of="draft"),
    Row("consent:edit_result", TO_SIGN_IN, 404, 404, 200, of="edit"),
    Row("consent:edit_progress", TO_SIGN_IN, 404, 404, 303, of="edit"),
    Row("consent:edit_items", TO_SIGN_IN, 404, 404, 200, of="edit"),
    post("consent:edit_cancel", TO_SIGN_IN, 404, 404, 409, of="edit"),
    post("consent:edit_retry", TO_SIGN_IN, 404, 404, 409, of="edit"),
    post("consent:edit_undo", TO_SIGN_IN, 404, 404, 303, of="edit"),
    # memes
    Row("remixer:gallery", TO_SIGN_IN, 200, 200, 200),
    Row("remixer:editor", TO_SIGN_IN, 200, 200, 200, of="video"),
    Row("remixer:editor", TO_SIGN_IN, 403, 403, 403, of="undecided"),
    Row("remixer:preview", TO_SIGN_IN, 200, 200, 200, of="video", query=TEMPLATE),
    Row("remixer:preview", TO_SIGN_IN, 403, 403, 403, of="undecided", query=TEMPLATE),
    Row("remixer:source_poster", TO_SIGN_IN, 200, 200, 200, of="video"),
    Row("remixer:source_poster", TO_SIGN_IN, 403, 403, 403, of="undecided"),
    Row("remixer:source_clip", TO_SIGN_IN, 200, 200, 200, of="video"),
    Row("remixer:source_clip", TO_SIGN_IN, 403, 403, 403, of="undecided"),
    Row("remixer:my_memes", TO_SIGN_IN, 200, 200, 200),
    Row("remixer:meme", TO_SIGN_IN, 200, 200, 200, of="meme"),
    Row("remixer:meme", TO_SIGN_IN, 404, 200, 404, of="waiting"),
    Row("remixer:meme_file", TO_SIGN_IN, 200, 200, 200, of="meme"),
    Row("remixer:meme_file", TO_SIGN_IN, 404, 404, 404, of="waiting"),
    Row("remixer:meme_poster", TO_SIGN_IN, 200, 200, 200, of="meme"),
    Row("remixer:meme_download", TO_SIGN_IN, 200, 200, 200, of="meme"),
    Row("remixer:meme_status", TO_SIGN_IN, 404, 200, 404, of="waiting"),
    post("remixer:cancel", TO_SIGN_IN, 404, 303, 404, of="waiting"),
    post("remixer:retry", TO_SIGN_IN, 404, 303, 404, of="failed"),
    Row("remixer:remove", TO_SIGN_IN, 404, 200, 404, of="meme"),
    post("remixer:remove", TO_SIGN_IN, 404, 303, 404, of="meme"),
    Row("remixer:memes_of_my_videos", TO_SIGN_IN, 200, 200, 200),
    Row("remixer:memes_of_video", TO_SIGN_IN, 404, 404, 200, of="video"),
    Row("remixer:report_meme", TO_SIGN_IN, 200, 200, 200, of="meme"),
    Row("remixer:report_meme", TO_SIGN_IN, 404, 200, 404, of="waiting"),
    Row("remixer:report_video", TO_SIGN_IN, 200, 200, 200, of="video"),
    Row("remixer:report_video", TO_SIGN_IN, 403, 403, 403, of="undecided"),
    Row("remixer:my_reports", TO_SIGN_IN, 200, 200, 200),
    Row("remixer:appeal_takedown", TO_SIGN_IN, 404, 200, 404, of="meme"),
    Row("remixer:appeal_hold", TO_SIGN_IN, 404, 404, 200, of="hold"),
    Row("remixer:take_down", TO_SIGN_IN, 404, 404, 200, of="meme"),
    post("remixer:take_down", TO_SIGN_IN, 404, 404, 303, of="meme"),
    Row("remixer:block_maker", TO_SIGN_IN, 404, 404, 200, of="meme"),
    post("remixer:block_maker", TO_SIGN_IN, 404, 404, 303, of="meme"),
    Row("remixer:blocked", TO_SIGN_IN, 200, 200, 200),
    post("remixer:unblock", TO_SIGN_IN, 404, 404, 303, of="blocked"),
    # accounts
    Row("account_login", 200, 302, 302, 302),
    Row("account_signup", 200, 302, 302, 302),
    Row("account_logout", 302, 200, 200, 200),
    Row("account_reset_password", 200, 200, 200, 200),
    Row("account_reset_password_done", 200, 200, 200, 200),
    Row("account_reset_password_from_key", 200, 200, 200, 200, of="no key"),
    Row("account_reset_password_from_key_done", 200, 200, 200, 200),
    Row("account_change_password", TO_SIGN_IN, 200, 200, 200),
    Row("account_set_password", TO_SIGN_IN, 302, 302, 302),
    Row("account_email", TO_SIGN_IN, 200, 200, 200),
    Row("account_email_verification_sent", 200, 200, 200, 200),
    Row("account_confirm_email", 200, 200, 200, 200, of="no confirmation"),
    Row("account_reauthenticate", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_index", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_authenticate", TO_SIGN_IN, 302, 302, 302),
    Row("mfa_reauthenticate", TO_SIGN_IN, 302, 302, 302),
    Row("mfa_activate_totp", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_deactivate_totp", TO_SIGN_IN, 404, 404, 404),
    Row("mfa_view_recovery_codes", TO_SIGN_IN, 404, 404, 404),
    Row("mfa_generate_recovery_codes", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_download_recovery_codes", TO_SIGN_IN, 404, 404, 404),
    Row("mfa_list_webauthn", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_add_webauthn", TO_SIGN_IN, 200, 200, 200),
    Row("mfa_reauthenticate_webauthn", TO_SIGN_IN, 302, 302, 302),
    Row("mfa_remove_webauthn", TO_SIGN_IN, 404, 404, 404, of="no passkey"),
    Row("mfa_edit_webauthn", TO_SIGN_IN, 404, 404, 404, of="no passkey"),
    Row("mfa_login_webauthn", 302, 302, 302, 302),
    Row("account_confirm_login_code", TO_SIGN_IN, 302, 302, 302),
    Row("account_inactive", 200, 200, 200, 200),
]


@pytest.fixture
def people(alice: User, bob: User, carol: User) -> dict[str, User | None]:
    return {"nobody": None, "alice": alice, "bob": bob, "carol": carol}


@pytest.fixture
def things(alice: User, bob: User) -> dict[str, Any]:
    """What the addresses are about, by uuid. Alice allows remixing one video, and nothing else."""
    video = factories.make_video(owner=alice)
    edit = factories.make_consent(video)
    sequencing.sequence()
    signing.sign()
    draft = consent.draft_edit(
        actor=Actor.creator(alice), creator=alice, use="train", grant=None, ids=[video.uuid]
    )
    blocked = factories.make_user("blocked")
    consent.block(blocked, actor=Actor.creator(alice), creator=alice)
    return {
        "blocked": blocked.uuid,
        "hold": acts.hold(video, use="train").holds[0].uuid,
        "video": video.uuid,
        "edit": edit.uuid,
        "event": Event.objects.get(action="consent.edited").uuid,
        "draft": draft.uuid,
        "filter": consent.save_filter(
            actor=Actor.creator(alice), creator=alice, name="Mine", asked={"q": "mine"}
        ).uuid,
        "undecided": factories.make_video(owner=alice).uuid,
        "meme": make_meme(video, by=bob, state="done").uuid,
        "waiting": make_meme(video, by=bob, state="queued").uuid,
        "failed": make_meme(video, by=bob, state="failed").uuid,
    }


def make_meme(video: Any, *, by: User, state: str) -> Render:
    key = f"renders/{video.uuid}.mp4"
    for source, target in (
        (factories.mezzanine(), key),
        (factories.poster(), key.replace("mp4", "jpg")),
    ):
        path = Path(settings.MEDIA_ROOT) / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
    finished = state == "done"
    return Render.objects.create(
        requester=by,
        video=video,
        creator=video.owner,
        template=a_template().id,
        captions={},
        length_ms=1000,
        terms=video.consents.get(use="remix").terms,
        allowed_version=1,
        state=state,
        file_key=key if finished else "",
        poster_key=key.replace("mp4", "jpg") if finished else "",
        published_at=timezone.now() if finished else None,
    )


def a_template() -> Any:
    return next(iter(TEMPLATES.values()))


def filled(value: Any, things: dict[str, Any]) -> Any:
    """`{video}` in a form is that video's id."""
    if isinstance(value, dict):
        return {filled(k, things): filled(v, things) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(member, things) for member in value]
    if not isinstance(value, str):
        return value
    names = {"{template}": a_template().id, "{box}": a_template().boxes[0].id}
    names |= {f"{{{name}}}": str(thing) for name, thing in things.items()}
    return names.get(value, value)


def address(row: Row, things: dict[str, Any]) -> str:
    kwargs: dict[str, Any] = {}
    if row.of == "no key":
        kwargs = {"uidb36": "1", "key": "set-password"}
    elif row.of == "no passkey":
        kwargs = {"pk": 0}
    elif row.of == "no confirmation":
        kwargs = {"key": "none"}
    elif row.of == "video in edit":
        kwargs = {"uuid": things["edit"], "video": things["video"]}
    elif row.of == "tile":
        kwargs = {"tile": "0/000.p/1"}
    elif row.of == "template":
        kwargs = {"id": a_template().id}
    elif row.of:
        kwargs = {"uuid": things[row.of]}
    return reverse(row.name, kwargs=kwargs)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_person_gets_what_the_table_says(
    row: Row, person: str, people: dict[str, User | None], things: dict[str, Any]
) -> None:
    browser = Client()
    if user := people[person]:
        browser = factories.client_of(user)
    more = {"data": filled(row.query if row.method == "GET" else row.form, things)}
    if row.json and row.method != "GET":
        more["content_type"] = "application/json"

    answer = getattr(browser, row.method.lower())(address(row, things), **more)

    assert answer.status_code == getattr(row, person)
    if answer.status_code == TO_SIGN_IN and person == "nobody" and row.name not in OPEN:
        assert answer.headers["Location"].startswith(reverse("account_login"))


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, Any]]:
    """(name, pattern) of everything in the map, with its namespace."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name or ''}", entry


def test_the_table_names_every_address_and_nothing_else() -> None:
    mapped = {name for name, _ in addresses() if not name.startswith("admin:")}

    assert {row.name for row in TABLE} == mapped


# They lead somewhere else than to the sign-in with a way back.
OPEN = {"account_logout", "mfa_login_webauthn"}
DUMMIES: dict[str, str] = {
    "object_id": "1",
    "pk": "1",
    "app_label": "audit",
    "content_type_id": "1",
    "url": "nothing/",
}


@pytest.mark.parametrize("person", ["nobody", "alice"])
def test_every_address_of_the_admin_is_for_staff(
    person: str, people: dict[str, User | None]
) -> None:
    browser = Client()
    if user := people[person]:
        browser.force_login(user)
    seen = 0

    for name, pattern in addresses():
        if not name.startswith("admin:") or not pattern.name:
            continue
        needed = pattern.pattern.regex.groupindex
        path = reverse(name, kwargs={key: DUMMIES[key] for key in needed} or None)
        answers = [browser.get(path, follow=True), browser.post(path, {}, follow=True)]
        for answer in answers:
            where = answer.redirect_chain[-1][0] if answer.redirect_chain else path
            at_sign_in = where.startswith(reverse("account_login"))
            assert at_sign_in if person == "nobody" else answer.status_code == 403, path
        seen += 1

    assert seen > 40
