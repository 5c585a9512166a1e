"""Many decisions at once, for whoever uses videos by the thousand."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent import querysets
from consent.api.fields import ReasonField, UseField
from consent.policy import Reason
from creatorhub.api import KnownParameters, StrictSerializer, caller
from creatorhub.scopes import Scope

MAX_VIDEOS = 1000


class CheckSerializer(StrictSerializer):
    """For which use, and which videos."""

    use = UseField()
    videos = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_VIDEOS
    )


class Decided(NamedTuple):
    """One of many answers."""

    video: UUID
    allowed: bool
    reason: Reason
    version: int


class _Rows(serializers.ListSerializer[Any]):
    """Writes a thousand rows in a third of the time: every row has every value, so that DRF need
    not ask each of them whether it is missing."""

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        child: Any = self.child
        write = [
            (field.field_name, attrgetter(field.source), field.to_representation)
            for field in child.fields.values()
        ]
        return [{name: represent(get(row)) for name, get, represent in write} for row in data]


class DecisionSerializer(serializers.Serializer[Decided]):
    video = serializers.UUIDField()
    allowed = serializers.BooleanField()
    reason = ReasonField()
    version = serializers.IntegerField()

    class Meta:
        list_serializer_class = _Rows


class DecisionsSerializer(serializers.Serializer[Any]):
    decisions = DecisionSerializer(many=True)


class CheckViewSet(KnownParameters, GenericViewSet[Any]):
    """Whether videos may be used."""

    scopes = {"create": Scope.READ}
    serializer_class = DecisionsSerializer

    @extend_schema(request=CheckSerializer, responses={200: DecisionsSerializer})
    def create(self, request: Request) -> Response:
        """Ask for up to 1,000 videos at once; the answers come in the order asked, and an id that
        nobody knows is `video_unavailable`. One query, however many."""
        asked = CheckSerializer.of(request).validated_data
        rulings = querysets.rulings(asked["videos"], asked["use"], asker=caller(request))
        decisions = [
            Decided(video, decision.allowed, decision.reason, version)
            for video, decision, version in rulings
        ]
        return Response(self.get_serializer({"decisions": decisions}).data)
