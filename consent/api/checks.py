"""Many decisions at once, for whoever uses videos by the thousand."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent import querysets
from consent.api.fields import ReasonField, UseField
from consent.policy import Decision
from creatorhub.api import KnownParameters, StrictSerializer, caller

MAX_VIDEOS = 1000


class CheckSerializer(StrictSerializer):
    """For which use, and which videos."""

    use = UseField()
    videos = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_VIDEOS
    )


class Decided(NamedTuple):
    """One line of what querysets.rulings answers."""

    video: UUID
    decision: Decision
    version: int


class DecisionSerializer(serializers.Serializer[Decided]):
    video = serializers.UUIDField()
    allowed = serializers.BooleanField(source="decision.allowed")
    reason = ReasonField(source="decision.reason")
    version = serializers.IntegerField()


class DecisionsSerializer(serializers.Serializer[Any]):
    decisions = DecisionSerializer(many=True)


class CheckViewSet(KnownParameters, GenericViewSet[Any]):
    """Whether videos may be used."""

    serializer_class = DecisionsSerializer

    @extend_schema(request=CheckSerializer, responses=DecisionsSerializer)
    def create(self, request: Request) -> Response:
        """Ask for up to 1,000 videos at once; the answers come in the order asked, and an id that
        nobody knows is `video_unavailable`. One query, however many."""
        asked = CheckSerializer.of(request).validated_data
        rulings = querysets.rulings(asked["videos"], asked["use"], asker=caller(request))
        decisions = [Decided(*ruling) for ruling in rulings]
        return Response(self.get_serializer({"decisions": decisions}).data)
