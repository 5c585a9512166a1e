"""Memes in the API: make one, follow it, get its file. What a page can do, a program can do, by
the same services and with the same refusals."""

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
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent.api.fields import ByField
from creatorhub.actors import Actor
from creatorhub.api import (
    IDEMPOTENCY_KEY,
    AnyAccept,
    CursorPages,
    KnownParameters,
    NothingSerializer,
    StrictSerializer,
    caller,
    idempotency_key,
)
from creatorhub.jobs import State, ahead_of
from creatorhub.scopes import Scope
from library import serving
from library.models import Video
from remixer import services
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from remixer.wording import why_not_seen

STATUSES = [
    "queued",
    "rendering",
    "published",
    "hidden",
    "failed",
    "refused",
    "cancelled",
    "taken_down",
]


def status_of(render: Render) -> str:
    """The state of a meme in the words of the API; services.note_hidden has been asked."""
    if render.hidden_for:
        return "hidden"
    words = {State.RUNNING.value: "rendering", State.DONE.value: "published"}
    return words.get(render.state, render.state)


class MemeSerializer(serializers.ModelSerializer[Render]):
    id = serializers.UUIDField(source="uuid")
    status = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text="The decision that ended or hides it.")
    ended_by = ByField(help_text="Who was behind the decision that ended it.")
    video = serializers.UUIDField(source="video.uuid")
    start = serializers.FloatField(help_text="Seconds.")
    duration = serializers.FloatField(source="length", help_text="Seconds.")
    restorable_until = serializers.DateTimeField(
        allow_null=True,
        help_text="Until then the creator can undo the withdrawal that hides it, and it is kept.",
    )
    requested = serializers.DateTimeField(source="created_at")
    published = serializers.DateTimeField(source="published_at", allow_null=True)

    class Meta:
        model = Render
        fields = [
            "id",
            "status",
            "progress",
            "problem",
            "reason",
            "ended_by",
            "video",
            "template",
            "captions",
            "start",
            "duration",
            "width",
            "height",
            "restorable_until",
            "requested",
            "published",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, render: Render) -> str:
        return status_of(render)

    def get_problem(self, render: Render) -> str:
        """As the reader of the answer reads it."""
        return why_not_seen(render, reader=caller(self.context["request"]))

    def get_reason(self, render: Render) -> str:
        return render.ended_for or render.hidden_for


class MemeDetailSerializer(MemeSerializer):
    """With its place in the queue: one query more while it waits."""

    ahead = serializers.SerializerMethodField(help_text="How many memes are made before it.")

    class Meta(MemeSerializer.Meta):
        fields = [*MemeSerializer.Meta.fields, "ahead"]
        read_only_fields = fields

    def get_ahead(self, render: Render) -> int:
        return ahead_of(render)


class NewMemeSerializer(StrictSerializer):
    """What to make a meme of."""

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


class MemeViewSet(KnownParameters, ListModelMixin, GenericViewSet[Render]):
    """The memes that you asked for, newest first."""

    scopes = {
        **dict.fromkeys(("list", "retrieve", "file"), Scope.READ),
        **dict.fromkeys(("create", "destroy", "cancel", "retry"), Scope.MAKE),
    }
    pagination_class = CursorPages
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Render]:
        if getattr(self, "swagger_fake_view", False):
            return Render.objects.none()
        person = caller(self.request)
        return Render.objects.requested_by(person).with_people()

    def paginate_queryset(self, queryset: Any) -> Any:
        page: Any = super().paginate_queryset(queryset)
        services.note_hidden(page)
        return page

    def get_serializer_class(self) -> type[MemeSerializer]:
        return MemeSerializer if self.action == "list" else MemeDetailSerializer

    @extend_schema(
        request=NewMemeSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: MemeDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Ask for a meme. 403 if the video's creator does not allow it; `code` is the reason."""
        wanted = NewMemeSerializer.of(request).validated_data
        requester = caller(request)
        video = get_object_or_404(Video.objects.present(), uuid=wanted["video"])
        render = services.request_render(
            actor=Actor.creator(requester),
            requester=requester,
            video=video,
            template=wanted["template"],
            captions=wanted["captions"],
            start=float(wanted["start"]),
            length=float(wanted["duration"]),
            idempotency_key=idempotency_key(request),
        )
        return Response(self.get_serializer(render).data, status=status.HTTP_201_CREATED)

    def _seen(self, uuid: UUID) -> Render:
        """The meme, with what hides it now. Raises Gone for those who may not know more."""
        reader = caller(self.request)
        render = services.meme_for(reader, uuid)
        if (gone := services.why_gone(render, reader=reader)) and not render.ended_for:
            render.hidden_for = gone.code
        return render

    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """A meme of yours, or one that was published. 410 with the reason for one that may not be
        seen now; its maker and the video's creator are still told what it was."""
        return Response(self.get_serializer(self._seen(uuid)).data)

    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Remove a meme of yours and delete its file. One that is being made is stopped."""
        services.remove_render(self.get_object(), actor=Actor.creator(caller(request)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={(200, "video/mp4"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=AnyAccept)
    def file(self, request: Request, uuid: UUID) -> HttpResponseBase:
        """The video, for everyone who may see it now. 410 once its creator does not allow it."""
        reader = caller(request)
        render = services.meme_for(reader, uuid)
        return serving.serve(
            request._request,
            services.file_of(render, reader=reader),
            content_type="video/mp4",
            ask_again=lambda: services.file_of(services.meme_for(reader, uuid)),
            filename=render.filename,
        )

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uuid: UUID) -> Response:
        """Stop a meme of yours that is not made yet. One that has ended stays as it is."""
        NothingSerializer.of(request)
        services.cancel_render(self.get_object(), actor=Actor.creator(caller(request)))
        return Response(self.get_serializer(self._seen(uuid)).data)

    @extend_schema(request=None, responses={202: MemeDetailSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, uuid: UUID) -> Response:
        """Ask once more for a meme that failed or was stopped, as it was asked for first. 403 if
        the video's creator does not allow it now; `code` is the reason."""
        NothingSerializer.of(request)
        services.retry_render(self.get_object(), actor=Actor.creator(caller(request)))
        meme = self.get_serializer(self._seen(uuid)).data
        return Response(meme, status=status.HTTP_202_ACCEPTED)
