"""The log, to read. Nobody can change it here, superusers included, nor in the database."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.html import format_html

from audit import history
from audit.models import Event
from creatorhub.staff import StaffAdmin


class ToldTogether(ChangeList):
    """Tells a page of events with one query for all names."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        for event, line in zip(events, history.describe(events, reader=None), strict=True):
            event.__dict__["line"] = line
        self.result_list = events


@admin.register(Event)
class EventAdmin(StaffAdmin[Event]):
    list_display = ["at", "told", "action", "whose"]
    list_filter = ["action", ("at", admin.DateFieldListFilter)]
    list_select_related = ["creator"]
    search_fields = ["creator__username", "=uuid", "=correlation_id", "=subject", "actor"]
    search_help_text = "A username, or the id of an event, an act, a video or an account."
    ordering = ["-id"]
    fields = [
        "told",
        "at",
        "action",
        "actor",
        "whose",
        "creator_seq",
        "uuid",
        "correlation_id",
        "subject",
        "pretty_body",
        "leaf_hash_hex",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ToldTogether

    @admin.display(description="What happened")
    def told(self, event: Event) -> str:
        line = event.__dict__.get("line") or history.describe([event], reader=None)[0]
        return str(line.text)

    @admin.display(description="Whose record", ordering="creator")
    def whose(self, event: Event) -> str:
        return event.creator.username if event.creator else "The platform"

    @admin.display(description="Body")
    def pretty_body(self, event: Event) -> str:
        body = json.dumps(history.body_of(event), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", body)

    @admin.display(description="Leaf hash")
    def leaf_hash_hex(self, event: Event) -> str:
        return bytes(event.leaf_hash).hex()
