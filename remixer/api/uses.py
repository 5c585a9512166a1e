"""What others made from your videos, in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from consent.api.fields import LastDayField
from consent.models import Terms
from creatorhub.api import CursorPages, KnownParameters, caller
from creatorhub.scopes import Scope
from remixer import services
from remixer.api.memes import status_of
from remixer.models import Render

STATUSES = ["published", "hidden", "taken_down", "removed"]


class PermissionSerializer(serializers.ModelSerializer[Terms]):
    """What allowed the meme: the notice that the creator agreed to, and its end."""

    notice = serializers.CharField(source="notice.title")
    version = serializers.IntegerField(source="notice.version")
    last_day = LastDayField(source="until")

    class Meta:
        model = Terms
        fields = ["notice", "version", "audience", "until", "last_day"]
        read_only_fields = fields


class UseSerializer(serializers.ModelSerializer[Render]):
    id = serializers.UUIDField(source="uuid")
    status = serializers.SerializerMethodField()
    video = serializers.UUIDField(source="video.uuid")
    title = serializers.CharField(source="video.title")
    by = serializers.CharField(source="requester.name")
    requested = serializers.DateTimeField(source="created_at")
    published = serializers.DateTimeField(source="published_at")
    permission = PermissionSerializer(source="terms")

    class Meta:
        model = Render
        fields = [
            "id",
            "status",
            "video",
            "title",
            "template",
            "by",
            "requested",
            "published",
            "permission",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, render: Render) -> str:
        return status_of(render)


class UseOfMyVideosViewSet(KnownParameters, ListModelMixin, GenericViewSet[Render]):
    """What was made from your videos: by whom, when, under which permission. Newest first."""

    scopes = {"list": Scope.READ}
    serializer_class = UseSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Render]:
        made = Render.objects.filter(creator=caller(self.request))
        return made.published().with_details()

    def paginate_queryset(self, queryset: Any) -> Any:
        page: Any = super().paginate_queryset(queryset)
        services.note_hidden(page)
        return page
