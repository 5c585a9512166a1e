"""The log for everybody: its checkpoint, keys and hashes, by which a witness can follow it."""

from __future__ import annotations

import io
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

import verify_receipt
from audit import keys, notes, public, sequencing, signing, tree, witnessing
from audit.models import Checkpoint, Event, Leaf
from audit.notes import Note, Verifier, open_checkpoint
from creatorhub.models import User
from tests.audit.test_sequencing import write

pytestmark = pytest.mark.django_db

LOG = "/api/v1/audit"


def grow(creator: User, count: int) -> Checkpoint:
    """So many events more, and a checkpoint over all, ten seconds after the one before."""
    with transaction.atomic():
        write(creator, count)
    sequencing.sequence()
    newest = Checkpoint.objects.order_by("size").last()
    now = (newest.at if newest else timezone.now()) + timedelta(seconds=11)
    with time_machine.travel(now, tick=False):
        made = signing.sign()
    assert made
    return made


def get(path: str, **headers: str) -> Any:
    return APIClient().get(f"{LOG}/{path}", headers=headers)


def test_the_checkpoint_is_there_for_everybody_and_for_a_few_seconds(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    grow(alice, 3)

    with django_assert_num_queries(1):
        answer = get("checkpoint", accept="text/plain")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=5"
    checkpoint, _ = open_checkpoint(answer.content, keys.verifiers(), "hub.test/log")
    assert checkpoint.size == 3


def test_before_the_first_checkpoint_it_says_so() -> None:
    for path in ("checkpoint", "consistency?old=1", "tile/0/000"):
        answer = get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_checkpoint")


def test_the_public_keys_are_one_in_each_line() -> None:
    lines = get("key").content.decode().splitlines()

    assert [Verifier.parse(line) for line in lines] == keys.verifiers()


def test_tiles_are_the_hashes_of_the_tree_and_stay_as_they_are(alice: User) -> None:
    grow(alice, 300)
    leaves = [bytes(event.leaf_hash) for event in Event.objects.order_by("leaf__index")]

    full, partial, upper = (get(f"tile/{one}") for one in ("0/000", "0/001.p/44", "1/000.p/1"))

    assert full.content == b"".join(leaves[:256])
    assert partial.content == b"".join(leaves[256:])
    assert upper.content == tree.root(leaves[:256])
    for answer in (full, partial, upper):
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_tile_that_the_log_does_not_have_is_not_there(alice: User) -> None:
    grow(alice, 3)

    for path in (
        *("0/000", "0/000.p/4", "1/000.p/1", "0/001.p/1", "63/000", "64/000", "entries/000"),
        *("0/0", "0/000/", "x", "0/000.p/256", "0/%00", "0/..%2f000"),
    ):
        answer = get(f"tile/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_tile"), path


def test_nothing_of_what_was_written_is_in_what_everybody_may_read(alice: User) -> None:
    grow(alice, 3)
    bodies = [bytes(event.body) for event in Event.objects.all()]

    everything = b"".join(
        get(path).content for path in ("checkpoint", "key", "consistency?old=1", "tile/0/000.p/3")
    )

    assert not any(body[:20] in everything for body in bodies)
    assert str(alice.uuid).encode() not in everything


def test_what_leads_from_an_older_size_is_answered_with_the_checkpoint(alice: User) -> None:
    grow(alice, 300)
    old = Checkpoint.objects.get()
    grow(alice, 20)

    text = get("consistency?old=300").content.decode()

    top, _, note = text.partition("\n\n")
    new, _ = open_checkpoint(note, keys.verifiers(), "hub.test/log")
    first, *lines = top.split("\n")
    hashes = [notes.decode_hash(line) for line in lines]
    assert first == "old 300"
    tree.verify_consistency(300, bytes(old.root), new.size, new.root, hashes)
    assert get("consistency?old=320").content.decode().startswith("old 320\n\nhub.test/log\n320\n")


def test_a_size_that_leads_nowhere_is_refused(alice: User) -> None:
    grow(alice, 3)

    for query, status, code in (
        ("", 400, "invalid_size"),
        ("?old=", 400, "invalid_size"),
        ("?old=-1", 400, "invalid_size"),
        ("?old=x", 400, "invalid_size"),
        ("?old=٣", 400, "invalid_size"),
        ("?old=" + "9" * 30, 400, "invalid_size"),
        ("?old=1&old=2", 400, "repeated_parameter"),
        ("?old=1&new=2", 400, "unknown_parameter"),
        ("?old=0", 404, "no_such_size"),
        ("?old=4", 404, "no_such_size"),
    ):
        answer = get(f"consistency{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), query


def test_a_tree_with_holes_is_said_and_no_traceback(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where somebody deleted rows with the triggers dropped."""
    grow(alice, 3)
    hidden = Leaf.objects.exclude(index=1)
    monkeypatch.setattr(Leaf, "objects", hidden)

    for path in ("tile/0/000.p/3", "consistency?old=1"):
        answer = get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "log_broken")
        assert "2 are stored" in answer.json()["detail"]


def test_who_asks_too_often_waits(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(alice, 1)
    monkeypatch.setattr(public.LogThrottle, "THROTTLE_RATES", {"log": "2/min"})

    statuses = [get("checkpoint").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert api_settings.DEFAULT_THROTTLE_RATES["log"]


def test_a_witness_follows_the_log_by_what_is_public(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(address: str, most: int) -> bytes:
        asked.append(address)
        answer = APIClient().get(address.removeprefix("https://hub.test"))
        assert answer.status_code == 200, answer.content
        content: bytes = answer.content
        return content

    def look() -> Note:
        written = io.StringIO()
        call_command(
            "witness",
            source=f"https://hub.test{LOG}",
            state=tmp_path / "state",
            key=[str(key) for key in keys.verifiers()],
            name="w.example",
            stdout=written,
            stderr=io.StringIO(),
        )
        return Note.parse(written.getvalue())

    monkeypatch.setattr(witnessing, "_fetch", fetch)
    grow(alice, 255)
    look()
    grow(alice, 300)

    assert look().text.startswith("hub.test/log\n555\n")
    assert len(asked) < 10

    monkeypatch.setattr(public, "newest", lambda: Checkpoint.objects.order_by("size")[0])
    with pytest.raises(CommandError, match="has shrunk"):
        look()


def test_the_page_says_what_is_signed_and_by_which_keys(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = Client().get("/log/").content.decode()
    made = grow(alice, 1_234)

    with django_assert_num_queries(1):
        page = Client().get("/log/").content.decode()

    assert "Nothing is signed yet" in before
    assert "1,234 events, signed on" in page
    for shown in (b64encode(bytes(made.root)).decode(), *map(str, keys.verifiers())):
        assert escape(shown) in page
    assert 'href="/log/"' in page  # at the foot of every page
    program = Client().get("/log/verify_receipt.py")
    assert program.content == Path(verify_receipt.__file__).read_bytes()
    assert Client().get("/log/?x=1").status_code == 400
