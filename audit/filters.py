"""What the query string of a person's activity means, on the page and in the API alike.

?kind=consent&q=beach&from=2026-01-01&to=2026-01-31&video=…
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db import connection
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from audit import vocabulary
from audit.models import Event, Personal
from creatorhub import days
from creatorhub.filtering import DAYS, FilterForm
from creatorhub.models import User
from creatorhub.texts import line

# Fields of bodies that hold what people wrote or are called.
WORDS = ("title", "name", "before", "after", "requester_name", "reason", "problem")


class BodyText(Func):
    """A text in a field of the body; NULL where the event has none of this name, and where only
    its hash stands there."""

    output_field = CharField()

    def __init__(self, field: str) -> None:
        super().__init__(F("body"), Value(field, output_field=CharField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        body, name = self.get_source_expressions()
        path = Value(f"$.{name.value}")
        arguments = [compiler.compile(one) for one in (body, path, body, path)]
        sql = (
            "CASE json_type(CAST({} AS TEXT), {}) WHEN 'text' "
            "THEN json_extract(CAST({} AS TEXT), {}) END"
        ).format(*(one for one, _ in arguments))
        return sql, [given for _, params in arguments for given in params]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        body, name = (compiler.compile(one) for one in self.get_source_expressions())
        value = f"convert_from({body[0]}, 'UTF8')::jsonb -> {name[0]}::text"
        sql = f"(CASE jsonb_typeof({value}) WHEN 'string' THEN ({value}) #>> '{{}}' END)"
        return sql, [*body[1], *name[1]] * 2


class ActivityForm(FilterForm):
    ranges = (DAYS,)


class ActivityFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Over events that concern one `reader`. `from` and `to` are days in the reader's zone, both
    included; a search looks at titles, names and reasons."""

    q = django_filters.CharFilter(method="with_text", max_length=100, label=_("Search"))
    kind = django_filters.ChoiceFilter(
        method="of_kind", choices=[*vocabulary.KIND_LABELS.items()], label=_("Kind")
    )
    video = django_filters.UUIDFilter(method="about", label=_("Video"))

    class Meta:
        model = Event
        form = ActivityForm
        fields: list[str] = []

    def __init__(self, data: Any, *, queryset: QuerySet[Event], reader: User) -> None:
        self.reader = reader
        super().__init__(data, queryset=queryset)

    def of_kind(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        names = [one.name for one in vocabulary.actions().values() if one.kind == value]
        return events.filter(action__in=names)

    def since(self, events: QuerySet[Event], name: str, value: date) -> QuerySet[Event]:
        return events.filter(at__gte=days.start_of(value))

    def upto(self, events: QuerySet[Event], name: str, value: date) -> QuerySet[Event]:
        return events.filter(at__lt=days.end_of(value))

    def about(self, events: QuerySet[Event], name: str, value: UUID) -> QuerySet[Event]:
        """Its own events, and those of edits and the like that it was among others in."""
        wanted = Q(subject=value)
        for field, values in vocabulary.also_about(value, reader=self.reader).items():
            events = events.alias(**{f"about_{field}": BodyText(field)})
            wanted |= Q(**{f"about_{field}__in": values})
        return events.filter(wanted)

    def with_text(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        value = line(value)
        lookup, text = "icontains", value
        if connection.vendor == "sqlite" and not value.isascii():
            lookup, text = "iregex", re.escape(value)  # its LIKE knows the case of a-z alone
        apart = Personal.objects.filter(event=OuterRef("pk"), **{f"data__{lookup}": text})
        wanted = Q(Exists(apart))
        for field in WORDS:  # of the first version of the format, and what is not personal
            events = events.alias(**{f"text_{field}": BodyText(field)})
            wanted |= Q(**{f"text_{field}__{lookup}": text})
        for called in vocabulary.subjects_called(value, reader=self.reader):
            wanted |= Q(subject__in=called)
        return events.filter(wanted)


# `from` is a keyword of Python, and can be no attribute of a class. What inherits these filters
# takes the declared ones.
for _name, _method, _label in (("from", "since", _("From")), ("to", "upto", _("Up to"))):
    ActivityFilter.base_filters[_name] = ActivityFilter.declared_filters[_name] = (
        django_filters.DateFilter(
            field_name=_name,
            method=_method,
            label=_label,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )
    )
