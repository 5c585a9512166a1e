"""The log in the API: a creator's own events, with the bytes that were hashed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from audit import history, vocabulary
from audit.models import Event
from creatorhub.api import CursorPages, caller


class EventSerializer(serializers.Serializer[history.Line]):
    """`canonical` is the RFC 8785 text of `body` exactly as hashed: `leaf_hash` is
    SHA-256(0x00 || canonical)."""

    id = serializers.UUIDField(source="event.uuid")
    action = serializers.ChoiceField(choices=list(vocabulary.actions()), source="event.action")
    at = serializers.DateTimeField()
    text = serializers.CharField(help_text="The event in words, told to you.")
    actor = serializers.CharField(source="event.actor", help_text="kind:id")
    correlation_id = serializers.UUIDField(
        source="event.correlation_id", help_text="Shared by all events of one act."
    )
    subject = serializers.UUIDField(source="event.subject", allow_null=True, help_text="The video.")
    creator_seq = serializers.IntegerField(source="event.creator_seq")
    body = serializers.SerializerMethodField()
    canonical = serializers.SerializerMethodField()
    leaf_hash = serializers.SerializerMethodField(help_text="Hexadecimal.")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_body(self, line: history.Line) -> dict[str, Any]:
        return line.fields

    def get_canonical(self, line: history.Line) -> str:
        return bytes(line.event.body).decode()

    def get_leaf_hash(self, line: history.Line) -> str:
        return bytes(line.event.leaf_hash).hex()


class EventQuerySerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=list(vocabulary.actions()), required=False, allow_blank=True)
    subject = serializers.UUIDField(required=False)


class Events(ListAPIView[Event]):
    """Everything in the log that is yours, newest first."""

    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Event]:
        events = Event.objects.filter(creator=caller(self.request))
        query = EventQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        given = {name: value for name, value in query.validated_data.items() if value}
        return events.filter(**given)

    @extend_schema(
        responses=EventSerializer(many=True),
        parameters=[
            OpenApiParameter("action", OpenApiTypes.STR, enum=list(vocabulary.actions())),
            OpenApiParameter("subject", OpenApiTypes.UUID, description="A video."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        lines = history.describe(page, reader=caller(request))
        return self.get_paginated_response([EventSerializer(line).data for line in lines])
