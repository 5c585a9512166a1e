"""Videos in the API: what one looks like, how to bring and to name one. Consent adds what may be
done with it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from creatorhub.actors import Actor
from creatorhub.api import StrictSerializer, caller
from creatorhub.texts import LineSerializerField
from library import services
from library.models import Video
from library.services.videos import COLLECTION_MAX, TITLE_MAX
from library.uploads import refusal


class VideoSerializer(serializers.ModelSerializer[Video]):
    id = serializers.UUIDField(source="uuid", read_only=True)
    duration = serializers.FloatField(read_only=True, help_text=_("Seconds; 0 until it is ready."))
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


class UploadSerializer(StrictSerializer):
    """A video file with its name."""

    file = serializers.FileField(allow_empty_file=True)
    title = LineSerializerField(max_length=TITLE_MAX)
    collection = LineSerializerField(max_length=COLLECTION_MAX, required=False, default="")


class RenameSerializer(StrictSerializer):
    """What is left out stays as it is."""

    title = LineSerializerField(max_length=TITLE_MAX, required=False)
    collection = LineSerializerField(max_length=COLLECTION_MAX, required=False, allow_blank=True)


def upload(request: Request) -> Video:
    """Take a video in. Reading the body counts its bytes while they arrive. Raises Refused."""
    owner = caller(request)
    sent = UploadSerializer(data=request.data)
    if refused := refusal(request._request):
        raise refused
    sent.is_valid(raise_exception=True)
    given = sent.validated_data
    return services.add_video(
        given["file"],
        owner=owner,
        actor=Actor.creator(owner),
        title=given["title"],
        collection=given["collection"],
        original_name=given["file"].name,
        via="api",
    )


def rename(video: Video, request: Request) -> Video:
    """Give the video the title, the collection or both that were sent."""
    given: dict[str, Any] = RenameSerializer.of(request).validated_data
    kept = {"title": video.title, "collection": video.collection}
    return services.rename_video(
        video,
        actor=Actor.creator(caller(request)),
        shown={name: value for name, value in kept.items() if name not in given} or None,
        if_match=request.headers.get("If-Match"),
        **{**kept, **given},
    )
