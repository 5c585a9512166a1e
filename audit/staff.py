"""Who acted, by name, in the lists of the staff admin: columns hold actors as `kind:id`."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from audit import history
from creatorhub.staff import StaffAdmin, StaffList

M = TypeVar("M", bound=Model)


class NamesList(StaffList):
    """Reads the names of a page of rows with one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        fields = self.model_admin.actor_fields  # type: ignore[attr-defined]
        names = history.names_of(getattr(row, field) for row in rows for field in fields)
        for row in rows:
            row.__dict__["actors"] = names
        self.result_list = rows


class ActorAdmin(StaffAdmin[M]):
    """Rows with columns that name an actor; `actor_fields` are those that the list shows."""

    actor_fields: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffList]:
        return NamesList

    def name_of(self, row: M, field: str) -> str:
        """Of the actor in this column; "" for nobody. At most one query, in a list none."""
        actor = getattr(row, field)
        known = row.__dict__.get("actors", {})
        return known[actor] if actor in known else history.name_of(actor)
