"""A creator's videos in the API with what may be done with them, and the public answer for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from consent import querysets, services
from consent.api.fields import (
    ByField,
    ByUseSerializer,
    EffectiveStateField,
    LastDayField,
    ReasonField,
)
from consent.context import stand_of
from consent.filters import VideoFilter, ordering
from consent.policy import Reason
from consent.querysets import Ruling, with_reasons
from consent.reasons import Act, Why
from consent.states import act_of
from consent.uses import USES, Text
from creatorhub.actors import Actor
from creatorhub.api import (
    CursorPages,
    KnownParameters,
    NothingSerializer,
    caller,
    parameters_of,
)
from creatorhub.models import User
from creatorhub.requests import takes_bodies
from creatorhub.scopes import Scope
from library import services as library
from library.api import RenameSerializer, UploadSerializer, VideoSerializer, rename, upload
from library.models import Video
from library.uploads import room_for_video


class UseStateSerializer(serializers.Serializer[Video]):
    """`state` is what holds now, all things considered; `reason` says why, `by` who is behind it,
    and `why` the same in a sentence for the creator. `stored` is the reason that there would be
    without a pause, your opt-out and holds of staff: by it the list is filtered."""

    # The sources are annotations of `with_reasons`.
    def __init__(self, *, use: str, **options: Any) -> None:
        super().__init__(**options)
        self.use = use

    def get_fields(self) -> dict[str, Any]:
        return {
            "state": EffectiveStateField(source=f"reason_{self.use}"),
            "reason": ReasonField(source=f"reason_{self.use}"),
            "stored": ReasonField(source=f"stored_{self.use}"),
            "by": serializers.SerializerMethodField(),
            "why": serializers.SerializerMethodField(),
            "since": serializers.DateTimeField(source=f"since_{self.use}", allow_null=True),
            "until": serializers.DateTimeField(source=f"until_{self.use}", allow_null=True),
            "last_day": LastDayField(source=f"until_{self.use}"),
        }

    @extend_schema_field(ByField)
    def get_by(self, video: Video) -> str | None:
        return self._act(video).kind or None

    def get_why(self, video: Video) -> str:
        reason = Reason(getattr(video, f"reason_{self.use}"))
        return Why(reason, self._act(video)).told(to_creator=True)

    def _act(self, video: Video) -> Act:
        request = self.context["request"]
        return act_of(video, self.use, stand=lambda: stand_of(request))


class ConsentOfVideoSerializer(ByUseSerializer):
    """For each use, what may be done with the video."""

    def field_of(self, use: str) -> UseStateSerializer:
        return UseStateSerializer(use=use, source="*")


class VideoWithConsentSerializer(VideoSerializer):
    consent = ConsentOfVideoSerializer(source="*", read_only=True)

    class Meta(VideoSerializer.Meta):
        fields = [*VideoSerializer.Meta.fields, "consent"]
        read_only_fields = fields


@dataclass(frozen=True, slots=True)
class PublicConsent:
    """What anybody may know about the consent for one video."""

    video: UUID
    uses: Mapping[str, Ruling]

    @classmethod
    def of(cls, video: Video) -> PublicConsent:
        """One query for each use."""
        uses = {use: querysets.ruling(video, use, asker=None) for use in USES}
        return cls(video.uuid, uses)

    @property
    def version(self) -> int:
        """The oldest of the answers: the uses are read one after the other."""
        return min(ruling.version for ruling in self.uses.values())


class AnswerSerializer(serializers.Serializer[Ruling]):
    """`by` is who is behind the reason, `why` says both in a sentence."""

    allowed = serializers.BooleanField()
    reason = ReasonField()
    by = ByField(source="act.by")
    why = serializers.SerializerMethodField()

    def get_why(self, ruling: Ruling) -> str:
        return ruling.why.told(to_creator=False)


class AnswersSerializer(ByUseSerializer):
    """For each use, whether it is allowed."""

    def field_of(self, use: str) -> AnswerSerializer:
        return AnswerSerializer()


class PublicConsentSerializer(serializers.Serializer[PublicConsent]):
    video = serializers.UUIDField()
    version = serializers.IntegerField(
        help_text=_("Rises with every change of what the creator allows.")
    )
    uses = AnswersSerializer()


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=_("The ETag of the video as you read it."),
)


class VideoPages(CursorPages):
    """In the order that the parameter `sort` names."""

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...]:
        return ordering(request.query_params.get("sort", ""))


# Of parameters that a program cannot tell from the label that the page shows.
DESCRIPTIONS: dict[str, Text] = {
    "q": _("A part of the title."),
    "from": _("Uploaded on this day or later."),
    "to": _("Uploaded on this day or earlier."),
    "longer": _("At least, in seconds."),
    "shorter": _("At most, in seconds."),
    "memes": _("Whether memes were made of it."),
    "edited": _("When one of your edits last changed it."),
    "edit": _("Changed by the edit with this id."),
}
BY_STORED = _(
    "By what is stored, whatever holds it back for now. “off” is all that is not allowed, “held” "
    "what staff hold. By what is in force: `reason`."
)


class VideoFilterBackend(BaseFilterBackend):
    """The filters of the page's list. A value that cannot be read answers by field."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> QuerySet[Any]:
        chosen = VideoFilter(request.query_params, queryset=queryset, creator=caller(request))
        if not chosen.is_valid():
            raise serializers.ValidationError(chosen.errors)
        found: QuerySet[Any] = chosen.qs
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        filters = VideoFilter({}, queryset=Video.objects.none(), creator=User())
        by_use = dict.fromkeys(USES, BY_STORED)
        return parameters_of(filters.form, descriptions={**by_use, **DESCRIPTIONS})


@extend_schema_view(
    list=extend_schema(description=_("Your videos. The query string is that of the page.")),
    retrieve=extend_schema(
        description=_("One of your videos. The header ETag stands for its title and collection.")
    ),
)
@takes_bodies(room_for_video)
class VideoViewSet(KnownParameters, ListModelMixin, RetrieveModelMixin, GenericViewSet[Video]):
    """Your videos."""

    scopes = {
        **dict.fromkeys(("list", "retrieve"), Scope.READ),
        **dict.fromkeys(("create", "partial_update", "retry"), Scope.MAKE),
        "destroy": Scope.DECIDE,
    }
    queryset = Video.objects.all()
    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    serializer_class = VideoWithConsentSerializer
    pagination_class = VideoPages
    filter_backends = [VideoFilterBackend]

    def get_queryset(self) -> QuerySet[Video]:
        return Video.objects.owned_by(caller(self.request))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The reasons come after the filters: a filter that joins for itself knows whose videos
        these are, and asks less of each."""
        return with_reasons(super().filter_queryset(queryset))

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """A file comes as multipart, all else as JSON. DRF chooses parsers before actions."""
        if self.action_map.get((request.method or "").lower()) == "create":
            self.parser_classes = [MultiPartParser]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={201: VideoWithConsentSerializer},
    )
    def create(self, request: Request) -> Response:
        """Upload a video. This answers before the file has been looked at: ask for its `status`."""
        return self._answer(upload(request).uuid, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=RenameSerializer, responses=VideoWithConsentSerializer, parameters=[IF_MATCH]
    )
    def partial_update(self, request: Request, uuid: UUID) -> Response:
        """Change the title, the collection or both. What is left out stays as it is. With the
        header If-Match this is refused (412) if either was changed since."""
        rename(self.get_object(), request)
        return self._answer(uuid)

    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """One of your videos. The header ETag stands for its title and collection."""
        return self._answer(uuid)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uuid: UUID) -> Response:
        """Remove a video: its files are deleted, memes of it that are being made stop, and those
        that were published are taken down. It cannot be undone."""
        services.remove_video(self.get_object(), actor=Actor.creator(caller(request)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: VideoWithConsentSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, uuid: UUID) -> Response:
        """Try once more to get a video ready, after that has failed. A file that was refused for
        what it is cannot be tried again (409): upload another one."""
        NothingSerializer.of(request)
        library.retry_ingest(self.get_object(), actor=Actor.creator(caller(request)))
        return self._answer(uuid, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=PublicConsentSerializer, auth=[])
    @action(detail=True, permission_classes=[AllowAny])
    def consent(self, request: Request, uuid: UUID) -> Response:
        """May this video be used? For everybody, without signing in."""
        video = get_object_or_404(Video.objects.filter(removed_at=None), uuid=uuid)
        return Response(PublicConsentSerializer(PublicConsent.of(video)).data)

    def _answer(self, uuid: UUID, *, status: int = status.HTTP_200_OK) -> Response:
        """The video as it is now."""
        video = get_object_or_404(with_reasons(self.get_queryset()), uuid=uuid)
        return Response(
            self.get_serializer(video).data,
            status=status,
            headers={"ETag": library.name_tag(video)},
        )
