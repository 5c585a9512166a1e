"""Consent in the API: ask whether a video may be used, and decide what may be done with yours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import querysets, services
from consent.filters import (
    EDITED,
    MEMES,
    SORT_LABELS,
    STATE_LABELS,
    VideoFilter,
    ordering,
    state_of,
)
from consent.models import ConsentState
from consent.policy import Reason
from consent.querysets import with_reasons
from consent.uses import USES, choices
from consent.wording import REASON_LABELS
from creatorhub.actors import Actor
from creatorhub.api import CursorPages, caller, filtered
from library.api import UploadSerializer, VideoSerializer, bring
from library.models import Video

REASONS = [(str(reason), str(reason)) for reason in Reason]
USE_STATES = ["allowed", "ask", "off"]
MOST_CHECKS = 1000


class UseStateSerializer(serializers.Serializer[Any]):
    """`state` is what is so now, all things considered; `reason` says why."""

    state = serializers.ChoiceField(choices=USE_STATES)
    reason = serializers.ChoiceField(choices=REASONS)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class ConsentOfVideoSerializer(serializers.Serializer[Any]):
    remix = UseStateSerializer()
    train = UseStateSerializer()


class VideoWithConsentSerializer(VideoSerializer):
    """Reads the annotations of `with_reasons`: no query of its own."""

    consent = serializers.SerializerMethodField()

    class Meta(VideoSerializer.Meta):
        fields = [*VideoSerializer.Meta.fields, "consent"]
        read_only_fields = fields

    @extend_schema_field(ConsentOfVideoSerializer)
    def get_consent(self, video: Video) -> dict[str, Any]:
        stated = {
            use: {
                "state": state_of(getattr(video, f"reason_{use}")),
                "reason": getattr(video, f"reason_{use}"),
                "since": getattr(video, f"since_{use}"),
                "until": getattr(video, f"until_{use}"),
            }
            for use in USES
        }
        return dict(ConsentOfVideoSerializer(stated).data)


class VideoPages(CursorPages):
    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...]:
        return ordering(request.query_params.get("sort", ""))


def _chosen(name: str, labels: dict[str, Any]) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, enum=list(labels))


class Videos(ListAPIView[Video]):
    """Your videos. The query string is that of the page."""

    serializer_class = VideoWithConsentSerializer
    pagination_class = VideoPages
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> QuerySet[Video]:
        owner = caller(self.request)
        videos = Video.objects.owned_by(owner)
        found = filtered(VideoFilter, self.request.query_params, videos, creator=owner)
        return with_reasons(found)

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="A part of the title."),
            OpenApiParameter("collection", OpenApiTypes.STR),
            OpenApiParameter("from", OpenApiTypes.DATE, description="Uploaded on or after."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Uploaded on or before."),
            OpenApiParameter("longer", OpenApiTypes.NUMBER, description="At least, in seconds."),
            OpenApiParameter("shorter", OpenApiTypes.NUMBER, description="At most, in seconds."),
            _chosen("remix", STATE_LABELS),
            _chosen("train", STATE_LABELS),
            _chosen("reason", REASON_LABELS),
            _chosen("memes", MEMES),
            _chosen("edited", EDITED),
            OpenApiParameter("edit", OpenApiTypes.UUID, description="Changed by this edit."),
            _chosen("sort", SORT_LABELS),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={201: VideoWithConsentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Bring a video. It answers before the file has been looked at: ask for its `status`."""
        video = bring(request)
        shown = with_reasons(Video.objects.filter(pk=video.pk)).get()
        return Response(self.get_serializer(shown).data, status=status.HTTP_201_CREATED)


class OneVideo(RetrieveAPIView[Video]):
    """One of your videos."""

    serializer_class = VideoWithConsentSerializer
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[Video]:
        if getattr(self, "swagger_fake_view", False):
            return Video.objects.none()
        return with_reasons(Video.objects.owned_by(caller(self.request)))


class AnswerSerializer(serializers.Serializer[Any]):
    allowed = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=REASONS)


class AnswersSerializer(serializers.Serializer[Any]):
    remix = AnswerSerializer()
    train = AnswerSerializer()


class PublicConsentSerializer(serializers.Serializer[Any]):
    video = serializers.UUIDField()
    version = serializers.IntegerField(help_text="Rises with every change of this creator.")
    uses = AnswersSerializer()


class PublicConsent(APIView):
    """May this video be used? For everybody, without signing in."""

    permission_classes = [AllowAny]

    @extend_schema(responses=PublicConsentSerializer, auth=[])
    def get(self, request: Request, uuid: UUID) -> Response:
        video = get_object_or_404(Video.objects.filter(removed_at=None), uuid=uuid)
        rulings = {use: querysets.ruling(video, use, asker=None) for use in USES}
        return Response(
            {
                "video": str(video.uuid),
                "version": min(ruling.version for ruling in rulings.values()),
                "uses": {
                    use: {"allowed": ruling.allowed, "reason": ruling.reason}
                    for use, ruling in rulings.items()
                },
            }
        )


class CheckSerializer(serializers.Serializer[Any]):
    use = serializers.ChoiceField(choices=choices())
    videos = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_CHECKS
    )


class DecisionSerializer(serializers.Serializer[Any]):
    video = serializers.UUIDField()
    allowed = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=REASONS)
    version = serializers.IntegerField()


class DecisionsSerializer(serializers.Serializer[Any]):
    decisions = DecisionSerializer(many=True)


class Checks(APIView):
    """Ask for up to 1,000 videos at once; the answers come in the order asked, and an id that
    nobody knows is `video_unavailable`. One query, however many."""

    @extend_schema(request=CheckSerializer, responses=DecisionsSerializer)
    def post(self, request: Request) -> Response:
        asked = CheckSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        ruled = querysets.rulings(
            asked.validated_data["videos"],
            asked.validated_data["use"],
            asker=caller(request),
        )
        return Response(
            {
                "decisions": [
                    {
                        "video": str(uuid),
                        "allowed": decision.allowed,
                        "reason": decision.reason,
                        "version": version,
                    }
                    for uuid, decision, version in ruled
                ]
            }
        )


class OptOutSerializer(serializers.Serializer[Any]):
    opted_out = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    stopped = serializers.IntegerField(help_text="Memes in the making that this call stopped.")
    taken_down = serializers.IntegerField(help_text="Memes that this call took down.")


class ChangeOptOutSerializer(serializers.Serializer[Any]):
    opted_out = serializers.BooleanField()
    restore = serializers.ChoiceField(choices=["previous", "all_off"], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["opted_out"] and "restore" not in attrs:
            raise serializers.ValidationError(
                {
                    "restore": (
                        "Say what to start from: “previous” for what was allowed before, "
                        "or “all_off”."
                    )
                }
            )
        return attrs


class OptOut(APIView):
    """The one switch: with it on, nothing may be done with any of your videos."""

    @extend_schema(responses=OptOutSerializer)
    def get(self, request: Request) -> Response:
        creator = caller(request)
        state = ConsentState.objects.filter(creator=creator).first() or ConsentState(
            creator=creator
        )
        return self._answer(state)

    @extend_schema(request=ChangeOptOutSerializer, responses=OptOutSerializer)
    def put(self, request: Request) -> Response:
        change = ChangeOptOutSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        creator = caller(request)
        actor = Actor.creator(creator)
        if change.validated_data["opted_out"]:
            done = services.opt_out(actor=actor, creator=creator)
            return self._answer(done.state, stopped=done.stopped, taken_down=done.taken_down)
        restore = change.validated_data["restore"]
        return self._answer(services.opt_in(actor=actor, creator=creator, restore=restore))

    def _answer(self, state: ConsentState, *, stopped: int = 0, taken_down: int = 0) -> Response:
        answer = {
            "opted_out": state.opted_out,
            "since": state.opted_out_at,
            "version": state.version,
            "stopped": stopped,
            "taken_down": taken_down,
        }
        return Response(OptOutSerializer(answer).data)
