"""The log in the API: a creator's own events, in words and as the bytes that were hashed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from audit import history, vocabulary
from audit.models import Event
from creatorhub.api import CursorPages, KnownParameters, caller, parameters_of
from creatorhub.scopes import Scope


class EventSerializer(serializers.Serializer[history.Line]):
    """`canonical` is the RFC 8785 text of `body` exactly as hashed: `leaf_hash` is
    SHA-256(0x00 || canonical)."""

    id = serializers.UUIDField(source="event.uuid")
    action = serializers.ChoiceField(choices=list(vocabulary.actions()), source="event.action")
    at = serializers.DateTimeField()
    text = serializers.CharField(help_text=_("The event in words, as you read it."))
    actor = serializers.CharField(source="event.actor", help_text="kind:id")
    correlation_id = serializers.UUIDField(
        source="event.correlation_id", help_text=_("Shared by all events of one change.")
    )
    subject = serializers.UUIDField(
        source="event.subject", allow_null=True, help_text=_("The video, if it is about one.")
    )
    creator_seq = serializers.IntegerField(
        source="event.creator_seq", help_text=_("Your events are numbered from 1, without gaps.")
    )
    body = serializers.DictField(source="fields")
    canonical = serializers.SerializerMethodField()
    leaf_hash = serializers.SerializerMethodField(help_text=_("Hexadecimal."))

    def get_canonical(self, line: history.Line) -> str:
        return bytes(line.event.body).decode()

    def get_leaf_hash(self, line: history.Line) -> str:
        return bytes(line.event.leaf_hash).hex()


class EventFilter(filters.FilterSet):  # type: ignore[misc]
    action = filters.ChoiceFilter(choices=[(name, name) for name in vocabulary.actions()])
    subject = filters.UUIDFilter(help_text=_("A video."))


class EventFilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]
    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return parameters_of(EventFilter(queryset=Event.objects.none()).form)


class EventViewSet(KnownParameters, ListModelMixin, GenericViewSet[Any]):
    """Everything in your record, newest first."""

    scopes = {"list": Scope.READ}
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    pagination_class = CursorPages
    filter_backends = [EventFilterBackend]
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.filter(creator=caller(self.request))

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of events, in words: one query for all names."""
        return history.describe(
            super().paginate_queryset(queryset) or [], reader=caller(self.request)
        )
