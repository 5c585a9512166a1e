"""Idempotency keys: which are taken, and that pages and the API refuse the same ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from consent import services
from consent.models import Edit
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.idempotency import checked_key, combined_key
from creatorhub.models import User
from tests.factories import make_videos

LONGEST = "k" * 100
BAD = ["k" * 101, "a\x07b", "a\nb", "\u200e"]


@pytest.mark.parametrize(
    ("text", "key"), [("", None), ("  ", None), (" a b ", "a b"), (LONGEST,) * 2]
)
def test_a_key_is_taken_as_it_was_sent(text: str, key: str | None) -> None:
    assert checked_key(text) == key


@pytest.mark.parametrize("text", BAD)
def test_a_key_that_cannot_be_kept_whole_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_key(text)

    assert (refused.value.status, refused.value.code) == (400, "invalid_idempotency_key")


def test_another_part_makes_another_key() -> None:
    keys = {combined_key("k"), combined_key("k", "remix"), combined_key("k", "remix", "a")}

    assert len(keys) == 3
    assert all(checked_key(key) == key for key in keys)


@pytest.mark.django_db
@pytest.mark.parametrize("key", BAD)
def test_the_pages_refuse_what_the_api_refuses(
    key: str, alice: User, client_of: Callable[[User], Client]
) -> None:
    [video] = make_videos(1, owner=alice)
    draft = services.draft_edit(
        actor=Actor.creator(alice),
        creator=alice,
        use="remix",
        grant=services.Grant(),
        ids=[video.uuid],
    )
    browser = client_of(alice)

    confirmed = browser.post(f"/edits/{draft.uuid}/confirm/", {"key": key})
    off = {"use": "remix", "ids": [video.uuid], "key": key}
    turned_off = browser.post("/consent/turn-off/", off)

    assert (confirmed.status_code, turned_off.status_code) == (400, 400)
    assert "idempotency key" in confirmed.content.decode()
    assert Edit.objects.get().status == Edit.Status.DRAFT
