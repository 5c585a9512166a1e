"""Asking for a thousand videos at once over the API, against the same question put by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.measuring import Act, Contender, Promise, Report, compare
from consent import querysets
from creatorhub.models import User
from library.models import Video

ASKED = 1000
BY_HAND = "SQL by hand: reason and version of each"
OURS = "POST /api/v1/checks/, from the request to the answer"

# The policy's table, for anybody. As the product's query: a switch, a version, joins by key.
SQL = """
    SELECT v.uuid, COALESCE(s.version, 0),
        CASE
            WHEN EXISTS (SELECT 1 FROM waffle_switch w WHERE w.name = %s AND w.active)
                THEN 'paused'
            WHEN v.removed_at IS NOT NULL OR v.status <> 'ready' THEN 'video_unavailable'
            WHEN s.opted_out THEN 'opted_out'
            WHEN EXISTS (
                SELECT 1 FROM consent_hold h
                WHERE h.creator_id = v.owner_id AND h."use" = 'remix' AND h.lifted_at IS NULL
                    AND (h.video_id IS NULL OR h.video_id = v.id)
            ) THEN 'held'
            WHEN EXISTS (
                SELECT 1 FROM consent_edit e
                WHERE e.creator_id = v.owner_id AND e."use" = 'remix'
                    AND e.status IN ('preparing', 'confirmed', 'applying')
                    AND e.confirmed_at IS NOT NULL
                    AND (e.status = 'preparing' AND c.terms_id IS NOT NULL OR EXISTS (
                        SELECT 1 FROM consent_item i
                        WHERE i.edit_id = e.id AND i.video_id = v.id AND i.video_id > e.cursor
                            AND i.outcome = 'pending' AND i.after_id IS NULL))
            ) THEN 'withdrawn'
            WHEN c.id IS NULL OR NOT c.decided THEN 'undecided'
            WHEN c.terms_id IS NULL THEN 'off'
            WHEN t.until <= %s THEN 'expired'
            WHEN n.version < (
                SELECT MAX(m.version) FROM consent_notice m
                WHERE m."use" = 'remix' AND m.material AND m.published_at IS NOT NULL
            ) THEN 'notice_changed'
            WHEN t.audience <> 'everyone' THEN 'not_in_audience'
            WHEN t.mode = 'ask' THEN 'approval_needed'
            ELSE 'allowed'
        END
    FROM library_video v
    LEFT JOIN consent_consentstate s ON s.creator_id = v.owner_id
    LEFT JOIN consent_consent c ON c.video_id = v.id AND c."use" = 'remix'
    LEFT JOIN consent_terms t ON t.id = c.terms_id
    LEFT JOIN consent_notice n ON n.id = t.notice_id
    WHERE v.uuid IN ({places})
"""


def measured(owner: User, *, rounds: int) -> Report:
    """Over the library of this creator."""
    asker = get_user_model().objects.create(username="asker")
    client = Client(SERVER_NAME="localhost")
    client.force_login(asker)
    newest = list(Video.objects.filter(owner=owner).values_list("uuid", flat=True)[:100_000])
    draw = random.Random(11)
    agree(client, draw.sample(newest, ASKED))

    def each(act: Callable[[list[UUID]], object]) -> Callable[[], list[Act]]:
        return lambda: [partial(act, draw.sample(newest, ASKED))]

    group = f"Ask for {ASKED:,} videos of a library of {Video.objects.count():,}"
    contenders = [
        Contender(BY_HAND, each(by_hand)),
        Contender("querysets.rulings: the same, by the twin of the policy", each(_rulings)),
        Contender(OURS, each(partial(post, client))),
    ]
    lines = compare([group], contenders, rounds=rounds)
    ratio = next(line.ratio for line in lines if line.name == OURS)
    return Report(lines, [Promise(f"{group}, to the SQL by hand", 3, ratio, "×")])


def by_hand(uuids: list[UUID]) -> dict[str, tuple[int, str]]:
    is_sqlite = connection.vendor == "sqlite"
    keys = [uuid.hex for uuid in uuids] if is_sqlite else uuids
    sql = SQL.format(places=", ".join(["%s"] * len(keys)))
    with connection.cursor() as cursor:
        cursor.execute(sql, ["remixer_paused", timezone.now(), *keys])
        return {str(UUID(str(key))): (version, why) for key, version, why in cursor.fetchall()}


def _rulings(uuids: list[UUID]) -> object:
    return querysets.rulings(uuids, "remix")


def post(client: Client, uuids: list[UUID]) -> dict[str, Any]:
    body = {"use": "remix", "videos": [str(uuid) for uuid in uuids]}
    answer = client.post(
        "/api/v1/checks/", json.dumps(body), content_type="application/json", secure=True
    )
    if answer.status_code != 200:
        raise RuntimeError(f"The check answered {answer.status_code}: {answer.content[:200]!r}")
    found: dict[str, Any] = json.loads(answer.content)
    return found


def agree(client: Client, uuids: list[UUID]) -> None:
    """The SQL by hand must answer the same question, or it is no measure."""
    said = {
        one["video"]: (one["version"], one["reason"]) for one in post(client, uuids)["decisions"]
    }
    if said != by_hand(uuids):
        raise RuntimeError("The SQL by hand and the API do not agree.")
