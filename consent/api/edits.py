"""Edits in the API: draft one and read what it would do, confirm it, undo it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import selection, services
from consent.api.videos import USE_STATES
from consent.models import Edit, Item, Notice, Terms, state_line
from consent.policy import Reason
from consent.uses import choices
from creatorhub.actors import Actor
from creatorhub.api import IDEMPOTENCY_KEY, CursorPages, caller, idempotency_key

# "former": an undo, which puts back what was; "listed": a file, which says it for each video
STATES = list(Edit.Change.values)


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """The text that this permission stands on. Show it before you confirm."""

    id = serializers.UUIDField(source="uuid")

    class Meta:
        model = Notice
        fields = ["id", "use", "version", "language", "title", "text"]
        read_only_fields = fields


class CountsSerializer(serializers.ModelSerializer[Edit]):
    """selected = will_change + already + superseded + not_eligible; once applied, with `changed`
    in place of `will_change`. A cancelled edit has also `left_out`, and its sum with it."""

    left_out = serializers.IntegerField()

    class Meta:
        model = Edit
        fields = [
            *("selected", "will_change", "changed", "already", "superseded", "not_eligible"),
            "left_out",
        ]
        read_only_fields = fields


class EditSerializer(serializers.ModelSerializer[Edit]):
    """Reads terms, notice and the inverse's parent with the row; `list_reasons` adds a query."""

    id = serializers.UUIDField(source="uuid")
    state = serializers.SerializerMethodField()
    until = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField(help_text="Per cent.")
    counts = CountsSerializer(source="*")
    notice = serializers.SerializerMethodField()
    undoes = serializers.SerializerMethodField()
    created = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Edit
        fields = [
            "id",
            "status",
            "use",
            "state",
            "until",
            "reason",
            "undoes",
            "progress",
            "counts",
            "stopped",
            "taken_down",
            "notice",
            "created",
            "expires_at",
            "applied_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, edit: Edit) -> str:
        return edit.change

    def get_until(self, edit: Edit) -> str | None:
        return edit.terms.until.isoformat() if edit.terms and edit.terms.until else None

    def get_progress(self, edit: Edit) -> int:
        if edit.status == Edit.Status.APPLIED:
            return 100
        job = getattr(edit, "job", None)  # read with the row
        return int(job.progress) if job and edit.status != Edit.Status.DRAFT else 0

    @extend_schema_field(NoticeSerializer(allow_null=True))
    def get_notice(self, edit: Edit) -> dict[str, Any] | None:
        return dict(NoticeSerializer(edit.terms.notice).data) if edit.terms else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_undoes(self, edit: Edit) -> str | None:
        return str(edit.undoes.uuid) if edit.undoes else None


class EditDetailSerializer(EditSerializer):
    """With the reasons of what is not eligible, counted in one query."""

    not_eligible = serializers.SerializerMethodField()

    class Meta(EditSerializer.Meta):
        fields = [*EditSerializer.Meta.fields, "not_eligible"]
        read_only_fields = fields

    def get_not_eligible(self, edit: Edit) -> dict[str, int]:
        if not edit.not_eligible:
            return {}
        items = edit.items.filter(outcome=Item.Outcome.NOT_ELIGIBLE).order_by()
        return dict(items.values_list("reason").annotate(n=Count("pk")))


class SelectionSerializer(serializers.Serializer[Any]):
    """Either `ids`, or what is `matching` filters now, in the words of the list's query string;
    an empty `matching` is everything of yours."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=services.MAX_IDS, required=False
    )
    matching = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("matching" in attrs):
            raise serializers.ValidationError(
                {"ids": "Send either the ids of videos, or the filters that they match."}
            )
        return attrs


class NewEditSerializer(serializers.Serializer[Any]):
    use = serializers.ChoiceField(choices=choices())
    state = serializers.ChoiceField(choices=USE_STATES)
    audience = serializers.ChoiceField(choices=Terms.Audience.choices, required=False)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")
    selection = SelectionSerializer()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["state"] == "ask":
            raise serializers.ValidationError(
                {"state": "Being asked each time comes later. Choose “allowed” or “off”."}
            )
        if attrs["state"] == "off" and attrs["until"]:
            raise serializers.ValidationError({"until": "Only a permission has an end."})
        return attrs


class ItemSerializer(serializers.ModelSerializer[Item]):
    """`before` and `after` as the log names them: terms, `off`, or `undecided`."""

    video = serializers.UUIDField(source="video.uuid")
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=Item.Outcome.choices, source="result")
    reason = serializers.ChoiceField(
        choices=[(str(reason), str(reason)) for reason in Reason], allow_blank=True
    )

    class Meta:
        model = Item
        fields = ["video", "before", "after", "outcome", "reason"]
        read_only_fields = fields

    def get_before(self, item: Item) -> str:
        return state_line(item.before, decided=item.before_decided)

    def get_after(self, item: Item) -> str:
        return state_line(item.after, decided=item.after_decided)


def _own(request: Request) -> QuerySet[Edit]:
    edits = Edit.objects.filter(creator=caller(request))
    return edits.select_related("terms__notice", "undoes", "job")


class Edits(ListAPIView[Edit]):
    """Your edits."""

    serializer_class = EditSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Edit]:
        return _own(self.request)

    @extend_schema(request=NewEditSerializer, responses={201: EditDetailSerializer})
    def post(self, request: Request) -> Response:
        """Draft an edit: it says what would happen to each video, and changes nothing yet. Of more
        than 20,000 videos it is `preparing` first: ask for it again."""
        wanted = NewEditSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        creator = caller(request)
        chosen = dict(given["selection"])
        if "matching" in chosen:
            chosen["matching"] = selection.from_api(creator, chosen["matching"])
        edit = services.draft_edit(
            actor=Actor.creator(creator),
            creator=creator,
            use=given["use"],
            grant=services.Grant(until=given["until"]) if given["state"] == "allowed" else None,
            reason=given["reason"],
            **chosen,
        )
        return Response(EditDetailSerializer(edit).data, status=status.HTTP_201_CREATED)


class OneEdit(RetrieveAPIView[Edit]):
    """One of your edits."""

    serializer_class = EditDetailSerializer
    lookup_field = "uuid"

    def get_queryset(self) -> QuerySet[Edit]:
        if getattr(self, "swagger_fake_view", False):
            return Edit.objects.none()
        return _own(self.request)


class Items(ListAPIView[Item]):
    """Each video of an edit: what it was, what it becomes, what came of it."""

    serializer_class = ItemSerializer
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Item]:
        if getattr(self, "swagger_fake_view", False):
            return Item.objects.none()
        edit = get_object_or_404(_own(self.request), uuid=self.kwargs["uuid"])
        return edit.items.select_related("edit", "video", "before__notice", "after__notice")


class ConfirmEdit(APIView):
    """Do what the draft says. Sent twice, it is done once.

    Up to 500 videos it is applied when this answers (200). A larger edit is `confirmed` (202) and
    applied in the background; what it withdraws is withdrawn when this answers, whatever its size.
    """

    @extend_schema(
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: EditDetailSerializer, 202: EditDetailSerializer},
    )
    def post(self, request: Request, uuid: UUID) -> Response:
        creator = caller(request)
        edit = services.confirm_edit(
            uuid,
            actor=Actor.creator(creator),
            creator=creator,
            idempotency_key=idempotency_key(request),
        )
        code = status.HTTP_202_ACCEPTED if edit.is_live else status.HTTP_200_OK
        return Response(EditDetailSerializer(edit).data, status=code)


class UndoEdit(APIView):
    """Draft the inverse of an edit: confirm it to put everything back as it was."""

    @extend_schema(request=None, responses={201: EditDetailSerializer})
    def post(self, request: Request, uuid: UUID) -> Response:
        creator = caller(request)
        inverse = services.undo_edit(uuid, actor=Actor.creator(creator), creator=creator)
        return Response(EditDetailSerializer(inverse).data, status=status.HTTP_201_CREATED)


class CancelEdit(APIView):
    """Stop an edit that is being prepared, or is still allowing videos. One that is done can be
    undone instead; a withdrawal is in force from its confirm, and can only be undone."""

    @extend_schema(request=None, responses=EditDetailSerializer)
    def post(self, request: Request, uuid: UUID) -> Response:
        creator = caller(request)
        edit = services.cancel_edit(uuid, actor=Actor.creator(creator), creator=creator)
        return Response(EditDetailSerializer(edit).data)
