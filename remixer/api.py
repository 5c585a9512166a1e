"""Memes in the API: the templates, making one, and what was made of your videos."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from creatorhub.actors import Actor
from creatorhub.api import IDEMPOTENCY_KEY, CursorPages, caller, idempotency_key
from creatorhub.jobs import State, ahead_of
from library import serving
from library.models import Video
from remixer import services
from remixer.catalogue import TEMPLATES, Template
from remixer.models import Render

STATUSES = ["queued", "rendering", "published", "failed", "refused", "cancelled", "taken_down"]
USE_STATUSES = ["published", "taken_down", "removed"]


def status_of(render: Render) -> str:
    """A render's state in the words of the API."""
    said = {State.RUNNING.value: "rendering", State.DONE.value: "published"}
    return said.get(render.state, render.state)


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
    min_length = serializers.FloatField(help_text="Seconds.")
    max_length = serializers.FloatField(help_text="Seconds.")


class Memes(APIView):
    """The templates."""

    @extend_schema(responses=TemplateSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([TemplateSerializer(template).data for template in TEMPLATES.values()])


class TermsOfUseSerializer(serializers.Serializer[Any]):
    notice = serializers.CharField(source="notice.title")
    version = serializers.IntegerField(source="notice.version")
    audience = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class RenderSerializer(serializers.ModelSerializer[Render]):
    id = serializers.UUIDField(source="uuid")
    status = serializers.SerializerMethodField()
    reason = serializers.CharField(source="ended_for", help_text="The decision that ended it.")
    video = serializers.UUIDField(source="video.uuid")
    start = serializers.SerializerMethodField(help_text="Seconds.")
    duration = serializers.SerializerMethodField(help_text="Seconds.")
    created = serializers.DateTimeField(source="created_at")
    published = serializers.DateTimeField(source="published_at")

    class Meta:
        model = Render
        fields = [
            "id",
            "status",
            "progress",
            "problem",
            "reason",
            "video",
            "template",
            "captions",
            "start",
            "duration",
            "width",
            "height",
            "created",
            "published",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, render: Render) -> str:
        return status_of(render)

    def get_start(self, render: Render) -> float:
        return render.start_ms / 1000

    def get_duration(self, render: Render) -> float:
        return render.length_ms / 1000


class OneRenderSerializer(RenderSerializer):
    """With its place in the queue: one query more."""

    ahead = serializers.SerializerMethodField(help_text="How many memes are made before it.")

    class Meta(RenderSerializer.Meta):
        fields = [*RenderSerializer.Meta.fields, "ahead"]
        read_only_fields = fields

    def get_ahead(self, render: Render) -> int:
        return ahead_of(render)


class NewRenderSerializer(serializers.Serializer[Any]):
    video = serializers.UUIDField()
    template = serializers.ChoiceField(choices=list(TEMPLATES))
    captions = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=300), help_text="Box id to text."
    )
    start = serializers.DecimalField(
        max_digits=8, decimal_places=3, min_value=0, default=Decimal(0), coerce_to_string=False
    )
    duration = serializers.DecimalField(
        max_digits=8, decimal_places=3, min_value=0, coerce_to_string=False
    )


class Renders(ListAPIView[Render]):
    """The memes that you asked for."""

    serializer_class = RenderSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Render]:
        return Render.objects.requested_by(caller(self.request)).select_related("video")

    @extend_schema(
        request=NewRenderSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: OneRenderSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for a meme. 403 if its creator does not allow it; `code` is the reason."""
        asked = NewRenderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        requester = caller(request)
        present = Video.objects.filter(removed_at=None).select_related("owner")
        render = services.request_render(
            actor=Actor.creator(requester),
            requester=requester,
            video=get_object_or_404(present, uuid=given["video"]),
            template=given["template"],
            captions=given["captions"],
            start=float(given["start"]),
            length=float(given["duration"]),
            idempotency_key=idempotency_key(request),
        )
        return Response(OneRenderSerializer(render).data, status=status.HTTP_201_CREATED)


class OneRender(RetrieveAPIView[Render]):
    """A meme of yours, or one that was published."""

    serializer_class = OneRenderSerializer
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[Render]:
        if getattr(self, "swagger_fake_view", False):
            return Render.objects.none()
        return Render.objects.watchable_by(caller(self.request)).select_related("video")


class RenderFile(APIView):
    """The file. Whether it may still be shown is asked every time."""

    def perform_content_negotiation(
        self,
        request: Request,
        force: bool = False,  # noqa: FBT001, FBT002
    ) -> tuple[BaseRenderer, str]:
        """A player asks for video, and our refusals are JSON: neither is a reason for a 406."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(responses={(200, "video/mp4"): OpenApiTypes.BINARY})
    def get(self, request: Request, uuid: UUID) -> HttpResponseBase:
        watchable = Render.objects.watchable_by(caller(request))
        render = get_object_or_404(watchable.select_related("video__owner", "requester"), uuid=uuid)
        return serving.serve(
            request._request,
            services.file_of(render),
            content_type="video/mp4",
            filename=f"{render.template}-{render.uuid}.mp4",
        )


class CancelRender(APIView):
    """Stop a meme of yours that is not made yet."""

    @extend_schema(request=None, responses=OneRenderSerializer)
    def post(self, request: Request, uuid: UUID) -> Response:
        requester = caller(request)
        mine = Render.objects.requested_by(requester).select_related("video__owner", "requester")
        render = get_object_or_404(mine, uuid=uuid)
        services.cancel_render(render, actor=Actor.creator(requester))
        render.refresh_from_db()
        return Response(OneRenderSerializer(render).data)


class UseSerializer(serializers.Serializer[Render]):
    id = serializers.UUIDField(source="uuid")
    status = serializers.SerializerMethodField()
    video = serializers.UUIDField(source="video.uuid")
    title = serializers.CharField(source="video.title")
    template = serializers.CharField()
    by = serializers.CharField(source="requester.name")
    asked = serializers.DateTimeField(source="created_at")
    published = serializers.DateTimeField(source="published_at", allow_null=True)
    terms = TermsOfUseSerializer()

    @extend_schema_field(serializers.ChoiceField(choices=USE_STATUSES))
    def get_status(self, render: Render) -> str:
        return status_of(render)


class UsesOfMyVideos(ListAPIView[Render]):
    """What was made from your videos: by whom, when, under which terms."""

    serializer_class = UseSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Render]:
        made = Render.objects.filter(creator=caller(self.request), published_at__isnull=False)
        return made.select_related("video", "requester", "terms__notice")
