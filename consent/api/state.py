"""Where a creator stands, for programs: the facts that the bar on every page says in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent.api.fields import ByField, ByUseSerializer, ReasonField
from consent.context import ConsentBar, consent_bar_of
from consent.counts import UseFacts
from consent.policy import Reason
from creatorhub.api import KnownParameters, caller
from creatorhub.scopes import Scope


class HeldSerializer(serializers.Serializer[Any]):
    reason = ReasonField()
    videos = serializers.IntegerField()


class UseFactsSerializer(serializers.Serializer[UseFacts]):
    stored = serializers.IntegerField(help_text=_("Videos for which a permission is stored."))
    in_force = serializers.IntegerField(help_text=_("Of these, those that may be used so now."))
    ending = serializers.IntegerField(help_text=_("Of these, those that end within 30 days."))
    held = serializers.SerializerMethodField(
        help_text=_(
            "What holds the others back, each counted once, under the first reason of the policy: "
            "`stored` is `in_force` and all of these."
        )
    )
    beneath = serializers.SerializerMethodField(
        help_text=_(
            "Of those that a pause, your opt-out or staff hold back, the ones that would not be "
            "allowed without it either."
        )
    )

    @extend_schema_field(HeldSerializer(many=True))
    def get_held(self, facts: UseFacts) -> list[dict[str, Any]]:
        return _by_reason(facts.held)

    @extend_schema_field(HeldSerializer(many=True))
    def get_beneath(self, facts: UseFacts) -> list[dict[str, Any]]:
        return _by_reason(facts.beneath)


def _by_reason(counted: dict[Reason, int]) -> list[dict[str, Any]]:
    rows = [{"reason": reason, "videos": videos} for reason, videos in counted.items()]
    answered: list[dict[str, Any]] = list(HeldSerializer(rows, many=True).data)
    return answered


class FactsByUseSerializer(ByUseSerializer):
    """For each use, what is stored and what holds it back."""

    def field_of(self, use: str) -> UseFactsSerializer:
        return UseFactsSerializer()


class ConsentStateSerializer(serializers.Serializer[ConsentBar]):
    """`text` is what the bar on every page says, in the person of the creator."""

    videos = serializers.IntegerField()
    opted_out = serializers.BooleanField()
    opted_out_by = ByField(source="overview.opted_out_by")
    text = serializers.CharField()
    uses = FactsByUseSerializer(source="by_use")


class ConsentStateViewSet(KnownParameters, GenericViewSet[Any]):
    """What you have allowed, and what holds it back."""

    scopes = {"retrieve": Scope.READ}
    serializer_class = ConsentStateSerializer

    def retrieve(self, request: Request) -> Response:
        """Four queries, whatever the size of your library."""
        return Response(self.get_serializer(consent_bar_of(caller(request))).data)
