"""The log in the API: a creator's own events, in words and as the bytes that were hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from audit import history, receipts, vocabulary
from audit.activity import events_about
from audit.filters import ActivityFilter
from audit.models import Event
from creatorhub.api import AnyAccept, CursorPages, KnownParameters, caller, parameters_of
from creatorhub.errors import Refused
from creatorhub.models import User
from creatorhub.scopes import Scope

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class EventSerializer(serializers.Serializer[history.Line]):
    """`canonical` is the RFC 8785 text of the event exactly as hashed: `leaf_hash` is
    SHA-256(0x00 || canonical). `body` says the same with personal data put back into it. For each
    such field `personal` has the data and the salt that its hash in `canonical` was made with,
    SHA-256(salt || data), or null where it was erased. All three are null for an event that is not
    in your own record."""

    id = serializers.UUIDField(source="event.uuid")
    action = serializers.ChoiceField(choices=list(vocabulary.actions()), source="event.action")
    at = serializers.DateTimeField()
    text = serializers.CharField(help_text=_("The event in words, as you read it."))
    actor = serializers.CharField(source="event.actor", help_text="kind:id")
    correlation_id = serializers.UUIDField(
        source="event.correlation_id", help_text=_("Shared by all events of one change.")
    )
    kind = serializers.ChoiceField(choices=list(vocabulary.KINDS))
    subject = serializers.UUIDField(
        source="event.subject", allow_null=True, help_text=_("The video, if it is about one.")
    )
    creator_seq = serializers.IntegerField(
        source="event.creator_seq",
        allow_null=True,
        help_text=_("The events of one record are numbered from 1, without gaps."),
    )
    body = serializers.SerializerMethodField()
    canonical = serializers.SerializerMethodField()
    personal = serializers.SerializerMethodField(help_text=_("The salt is hexadecimal."))
    leaf_hash = serializers.SerializerMethodField(help_text=_("Hexadecimal."))

    def get_body(self, line: history.Line) -> dict[str, Any] | None:
        return line.fields if self._is_own(line) else None

    def get_canonical(self, line: history.Line) -> str | None:
        return bytes(line.event.body).decode() if self._is_own(line) else None

    def get_personal(self, line: history.Line) -> dict[str, dict[str, str] | None] | None:
        if not self._is_own(line):
            return None
        return {
            field: {"salt": bytes(row.salt).hex(), "data": row.data} if row else None
            for field, row in line.personal.items()
        }

    def _is_own(self, line: history.Line) -> bool:
        """What stands in another record may say more than concerns the reader."""
        return line.event.creator_id == caller(self.context["request"]).pk

    def get_leaf_hash(self, line: history.Line) -> str:
        return bytes(line.event.leaf_hash).hex()


class EventFilter(ActivityFilter):
    """The filters of the page, and those by which a program finds events."""

    action = django_filters.ChoiceFilter(choices=[(name, name) for name in vocabulary.actions()])
    subject = django_filters.UUIDFilter(help_text=_("A video."))


# Of parameters that a program cannot tell from the label that the page shows.
DESCRIPTIONS: dict[str, StrOrPromise] = {
    "q": _("A part of a title, a name or a reason."),
    "from": _("On this day or later, in your time zone."),
    "to": _("On this day or earlier, in your time zone."),
    "video": _("What happened to this video, in edits of many videos too."),
}


class EventFilterBackend(BaseFilterBackend):
    """A value that cannot be read answers by field."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> QuerySet[Any]:
        chosen = EventFilter(request.query_params, queryset=queryset, reader=caller(request))
        if not chosen.is_valid():
            raise serializers.ValidationError(chosen.errors)
        found: QuerySet[Any] = chosen.qs
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        form = EventFilter({}, queryset=Event.objects.none(), reader=User()).form
        return parameters_of(form, descriptions=DESCRIPTIONS)


class ArchiveThrottle(UserRateThrottle):
    """An archive reads a whole record."""

    scope = "archive"


class EventViewSet(KnownParameters, ListModelMixin, GenericViewSet[Any]):
    """Everything that concerns you, newest first: your record, what you did in others', what
    was done to memes of yours, and what CreatorHub did to everybody. `creator_seq` numbers your
    own record without gaps; it is null for what stands in no record, and counts another record
    where the event is not in yours."""

    scopes = dict.fromkeys(("list", "receipt", "receipts"), Scope.READ)
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    parameters_of_actions = {"receipt": ("video",)}
    pagination_class = CursorPages
    filter_backends = [EventFilterBackend]

    def get_queryset(self) -> QuerySet[Event]:
        if getattr(self, "swagger_fake_view", False):
            return Event.objects.none()
        return events_about(caller(self.request))

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of events, in words: one query for all names."""
        return history.describe(
            super().paginate_queryset(queryset) or [], reader=caller(self.request)
        )

    @extend_schema(
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        parameters=[
            OpenApiParameter(
                "video",
                OpenApiTypes.UUID,
                description=_("Of an event of an edit: the receipt of what it did to this video."),
            )
        ],
    )
    @action(detail=True, content_negotiation_class=AnyAccept)
    def receipt(self, request: Request, uuid: UUID) -> HttpResponse:
        """What proves, without us, that an event of your record is in the log as it was written:
        a file for `verify_receipt.py`. 409 in the seconds before it is signed."""
        name, data = receipts.of_event(
            uuid,
            creator=caller(request),
            address=request.build_absolute_uri,
            video=_video(request.query_params.get("video")),
        )
        return HttpResponse(
            data,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, filters=False)
    @action(
        detail=False,
        content_negotiation_class=AnyAccept,
        throttle_classes=[ArchiveThrottle],
        pagination_class=None,
    )
    def receipts(self, request: Request) -> StreamingHttpResponse:
        """All receipts of your record as one archive, with the program that checks them."""
        name, pieces = receipts.archive(creator=caller(request), address=request.build_absolute_uri)
        return StreamingHttpResponse(
            pieces,
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _video(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refused(_("“video” is the id of a video."), code="invalid_video") from None
