"""What the account pages say of devices, of the use of tokens and of addresses, and offer."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.messages import get_messages
from django.db import transaction
from django.urls import reverse

from accounts.models import Token
from accounts.wording import device_of, last_used
from creatorhub.models import User
from tests.conftest import ClientOf
from tests.factories import token_of

MOZILLA = "Mozilla/5.0"
FIREFOX = f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    f"{MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Mobile Safari on iOS"),
        ("curl/8.5.0", "curl"),
        ("my own thing <b>", "An unknown program: “my own thing <b>”"),
        ("", "An unknown program"),
    ],
)
def test_a_device_is_named_in_words(sent: str, words: str) -> None:
    assert device_of(sent) == words


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (None, "never used"),
        (datetime(2027, 3, 9, 14, 5, tzinfo=UTC), "used within the last hour"),
        (
            datetime(2027, 3, 9, 8, 20, tzinfo=UTC),
            "last used today between 08:20 and 09:20",
        ),
        (
            datetime(2027, 3, 8, 23, 30, tzinfo=UTC),
            "last used on 8 March 2027 between 23:30 and 00:30",
        ),
    ],
)
def test_a_use_is_told_as_exactly_as_it_is_known(used: datetime | None, words: str) -> None:
    with time_machine.travel(datetime(2027, 3, 9, 15, 0, tzinfo=UTC), tick=False):
        assert last_used(Token(used_at=used)) == words


@pytest.mark.django_db
def test_the_pages_say_it(alice: User, client_of: ClientOf) -> None:
    browser = client_of(alice)
    token_of(alice)
    now = datetime.now(tz=UTC)
    UserSession.objects.create(
        user=alice,
        session_key=browser.session.session_key,
        ip="192.0.2.1",
        user_agent=FIREFOX,
        created_at=now,
        last_seen_at=now,
    )

    assert "used within the last hour" in browser.get(reverse("accounts:account")).text
    sessions = browser.get(reverse("accounts:sessions")).text
    assert "<strong>Firefox on Windows</strong>" in sessions
    assert "Gecko" not in sessions


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("others", "acts"),
    [
        ([], {"action_remove"}),
        ([False], {"action_send", "action_remove"}),
        ([True], {"action_primary", "action_remove"}),
    ],
    ids=["one address", "another to confirm", "another that is confirmed"],
)
def test_every_button_beside_an_address_works(
    others: list[bool], acts: set[str], alice: User, client_of: ClientOf
) -> None:
    for verified in others:
        EmailAddress.objects.create(user=alice, email="b@example.com", verified=verified)
    page = client_of(alice).get(reverse("account_email"))
    offered = [
        (row["address"].email, act) for row in page.context["rows"] for act, *_ in row["acts"]
    ]

    assert {act for _, act in offered} == acts
    assert all(f'name="{act}"' in page.text for act in acts)
    if others:
        assert {email for email, _ in offered} == {"b@example.com"}
    for email, act in offered:
        with transaction.atomic():  # each on what the page showed
            answer = client_of(alice).post(reverse("account_email"), {"email": email, act: ""})
            transaction.set_rollback(True)
        assert answer.status_code == 302
        told = [message.level_tag for message in get_messages(answer.wsgi_request)]
        assert told
        assert not {"error", "warning"} & set(told)


@pytest.mark.django_db
def test_a_new_key_can_be_copied_with_and_without_a_script(
    alice: User, client_of: ClientOf
) -> None:
    form = {"name": "Desk", "scope": "read", "days": "7"}

    page = client_of(alice).post(reverse("accounts:token_new"), form).text

    assert re.search(r'<textarea id="key"[^>]* readonly[^>]*>creatorhub_', page)
    assert re.search(r'<button[^>]* data-copy="key" hidden>', page)
