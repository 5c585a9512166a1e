"""Videos in the API: what one looks like, and how to bring one. Consent adds what may be done."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from creatorhub.actors import Actor
from creatorhub.api import caller
from library import services
from library.models import Video
from library.uploads import refusal


class VideoSerializer(serializers.ModelSerializer[Video]):
    id = serializers.UUIDField(source="uuid", read_only=True)
    duration = serializers.FloatField(read_only=True, help_text="Seconds; 0 until it is ready.")
    created = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Video
        fields = [
            "id",
            "title",
            "collection",
            "status",
            "problem",
            "duration",
            "width",
            "height",
            "created",
        ]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True)
    title = serializers.CharField(max_length=200)
    collection = serializers.CharField(max_length=100, required=False, default="")


def bring(request: Request) -> Video:
    """Take a video in. Reading the body counts its bytes while they arrive."""
    owner = caller(request)
    given = UploadSerializer(data=request.data)
    if refused := refusal(request._request):
        raise refused
    given.is_valid(raise_exception=True)
    file = given.validated_data["file"]
    return services.add_video(
        file,
        owner=owner,
        actor=Actor.creator(owner),
        title=given.validated_data["title"],
        collection=given.validated_data["collection"],
        original_name=file.name,
        via="api",
    )
