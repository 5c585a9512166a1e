"""The log, to read. Nobody can change it here, superusers included, nor in the database."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit import history, vocabulary
from audit.models import Event
from creatorhub.staff import StaffAdmin, StaffList


class ActionFilter(admin.SimpleListFilter):
    """The actions of the vocabulary: to ask the log itself which ones it has reads all of it."""

    title = _("action")
    parameter_name = "action"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in vocabulary.actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class EventList(StaffList):
    """Describes a page of events with one query for all names."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        for event, line in zip(events, history.describe(events, reader=None), strict=True):
            event.__dict__["line"] = line
        self.result_list = events


@admin.register(Event)
class EventAdmin(StaffAdmin[Event]):
    list_display = ["at", "what_happened", "action", "whose_record"]
    list_filter = [ActionFilter, ("at", admin.DateFieldListFilter)]
    list_select_related = ["creator"]
    search_fields = ["creator__username", "=uuid", "=correlation_id", "=subject", "actor"]
    search_help_text = _("A username, or the id of an event, a correlation, a video or an account.")
    ordering = ["-id"]
    fields = [
        "what_happened",
        "at",
        "action",
        "actor",
        "whose_record",
        "creator_seq",
        "uuid",
        "correlation_id",
        "subject",
        "pretty_body",
        "leaf_hash_hex",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EventList]:
        return EventList

    @admin.display(description=_("What happened"))
    def what_happened(self, event: Event) -> str:
        line = event.__dict__.get("line") or history.describe([event], reader=None)[0]
        return str(line.text)

    @admin.display(description=_("Whose record"), ordering="creator")
    def whose_record(self, event: Event) -> str:
        return event.creator.username if event.creator else gettext("The platform")

    @admin.display(description=_("Body"))
    def pretty_body(self, event: Event) -> str:
        body = json.dumps(history.body_of(event), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", body)

    @admin.display(description=_("Leaf hash"))
    def leaf_hash_hex(self, event: Event) -> str:
        return bytes(event.leaf_hash).hex()
