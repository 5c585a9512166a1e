"""The embedded broker, and how the tests themselves are shared out."""

from __future__ import annotations

import json
from pathlib import Path
from queue import Empty

import pytest
from django.conf import settings

from creatorhub import broker
from creatorhub.celery import app


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="messages are in Redis, not in files")
def test_a_message_is_seen_only_once_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename
    looked = []
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        assert isinstance(channel, broker.Channel)

        def look_first(part: Path, whole: Path) -> Path:
            assert json.loads(part.read_text())
            with pytest.raises(Empty):
                channel._get("looked-at")
            looked.append(part)
            return rename(part, whole)

        monkeypatch.setattr(Path, "rename", look_first)
        for body in ("é", "second"):
            channel._put("looked-at", {"body": body})
            assert channel._get("looked-at") == {"body": body}

    assert len(looked) == 2


@pytest.mark.race
def test_what_needs_both_cores_is_on_one_xdist_worker(request: pytest.FixtureRequest) -> None:
    assert [mark.args for mark in request.node.iter_markers("xdist_group")] == [("alone",)]
    if request.config.getoption("loadgroup", False):
        assert request.node.nodeid.endswith("@alone"), "xdist found no group on this test"
