"""The templates in the API: what a meme can be made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.viewsets import GenericViewSet

from creatorhub.api import KnownParameters
from creatorhub.scopes import Scope
from remixer import services
from remixer.catalogue import TEMPLATES, Template


class BoxSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field has a label of its own
    max_chars = serializers.IntegerField()
    example = serializers.CharField()


class TemplateSerializer(serializers.Serializer[Template]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    boxes = BoxSerializer(many=True)
    min_length = serializers.FloatField(
        help_text="Seconds. A video that is shorter is taken whole: its duration is the one length."
    )
    max_length = serializers.FloatField(help_text="Seconds.")


@extend_schema_view(
    retrieve=extend_schema(
        parameters=[OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH)]
    )
)
class TemplateViewSet(KnownParameters, ListModelMixin, RetrieveModelMixin, GenericViewSet[Any]):
    """What a meme can be made from: its text boxes and its limits."""

    scopes = dict.fromkeys(("list", "retrieve"), Scope.READ)
    serializer_class = TemplateSerializer
    lookup_field = "id"
    lookup_value_converter = "slug"

    def get_queryset(self) -> Sequence[Template]:  # type: ignore[override]  # no rows: files
        return list(TEMPLATES.values())

    def get_object(self) -> Template:
        return services.template_of(self.kwargs["id"])
