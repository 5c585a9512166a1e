"""Edits in the API: draft one and read what it would do, confirm it, turn off at once, undo."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent import hidden_memes, selection, services
from consent.api.fields import (
    STATES,
    HiddenMemesSerializer,
    LastDayField,
    ReasonField,
    UseField,
)
from consent.changes import Kind, changes_of
from consent.models import Edit, Item, Notice, Terms, state_line
from creatorhub import days
from creatorhub.api import (
    IDEMPOTENCY_KEY,
    CursorPages,
    KnownParameters,
    NothingSerializer,
    StrictSerializer,
    acting,
    caller,
    idempotency_key,
)
from creatorhub.idempotency import combined_key
from creatorhub.models import User
from creatorhub.requests import says_no
from creatorhub.scopes import Scope
from creatorhub.texts import LineSerializerField


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """The text that this permission stands on. Show it before you confirm."""

    id = serializers.UUIDField(source="uuid")
    use = UseField()

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


class SideSerializer(serializers.Serializer[Any]):
    """What a video allows on one side of a change."""

    state = serializers.ChoiceField(
        choices=["allowed", "expired", "notice_changed", "off", "undecided", "approval_needed"]
    )
    until = serializers.DateTimeField(allow_null=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """Videos of which the same becomes. Show `loses_end` before you confirm: those have an end now,
    and would have none."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    videos = serializers.IntegerField()
    before = SideSerializer()
    after = SideSerializer()


class EditSerializer(serializers.ModelSerializer[Edit]):
    """What is changed, for how many videos, and how far it is."""

    # Everything is read with the row: EditViewSet.queryset joins it.
    id = serializers.UUIDField(source="uuid")
    use = UseField()
    state = serializers.ChoiceField(
        choices=Edit.Change.choices,
        source="change",
        help_text=_("`former` puts back what was; `listed` is what a file says for each video."),
    )
    until = serializers.DateTimeField(
        source="terms.until",
        allow_null=True,
        help_text=_("With `keeps_ends` only of what is not allowed yet."),
    )
    last_day = LastDayField(source="terms.until")
    progress = serializers.SerializerMethodField(help_text=_("Per cent."))
    counts = CountsSerializer(source="*")
    notice = NoticeSerializer(source="terms.notice", allow_null=True)
    undoes = serializers.UUIDField(source="undoes.uuid", allow_null=True)
    created = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Edit
        fields = [
            "id",
            "status",
            "use",
            "state",
            "until",
            "last_day",
            "keeps_ends",
            "reason",
            "undoes",
            "progress",
            "counts",
            "stopped",
            "taken_down",
            "restored",
            "notice",
            "created",
            "expires_at",
            "applied_at",
        ]
        read_only_fields = fields

    def get_progress(self, edit: Edit) -> int:
        if edit.status == Edit.Status.APPLIED:
            return 100
        job = getattr(edit, "job", None)
        return int(job.progress) if job and edit.status != Edit.Status.DRAFT else 0


class EditDetailSerializer(EditSerializer):
    """With the reasons for which videos are not eligible, and what it would do, by kind."""

    # One query more, and six where memes were hidden; six at most for the changes.
    not_eligible = serializers.SerializerMethodField()
    memes = serializers.SerializerMethodField(
        help_text=_("What undoing brings back of the memes that were hidden; null where none were.")
    )
    changed_since = serializers.SerializerMethodField(
        help_text=_(
            "Of a draft: how many of `will_change` were changed or removed since it was made. A "
            "confirm leaves them alone."
        )
    )
    changes = serializers.SerializerMethodField(
        help_text=_(
            "What a confirm would do now, before and after, by kind; of an edit that was "
            "confirmed, what its draft said. Empty until it is prepared."
        )
    )

    class Meta(EditSerializer.Meta):
        fields = [
            *EditSerializer.Meta.fields,
            *("not_eligible", "memes", "changed_since", "changes"),
        ]
        read_only_fields = fields

    def to_representation(self, edit: Edit) -> dict[str, Any]:
        is_draft = edit.status == Edit.Status.DRAFT
        self._left = services.left_alone(edit) if is_draft else services.LeftAlone()
        answer: dict[str, Any] = super().to_representation(edit)
        return answer

    def get_changed_since(self, edit: Edit) -> int:
        return self._left.number

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, edit: Edit) -> Any:
        if edit.status in (Edit.Status.PREPARING, Edit.Status.HOLDING):
            return []
        found = changes_of(edit, self._left.alike)
        sides: list[dict[str, Any]] = [
            {
                "kind": one.kind,
                "videos": one.videos,
                "before": {"state": str(one.was), "until": one.was_until},
                "after": {"state": str(one.becomes), "until": one.until},
            }
            for one in found
        ]
        return ChangeSerializer(sides, many=True).data

    def get_not_eligible(self, edit: Edit) -> dict[str, int]:
        if not edit.not_eligible:
            return {}
        items = edit.items.filter(outcome=Item.Outcome.NOT_ELIGIBLE).order_by()
        return dict(items.values_list("reason").annotate(n=Count("pk")))

    @extend_schema_field(HiddenMemesSerializer(allow_null=True))
    def get_memes(self, edit: Edit) -> dict[str, Any] | None:
        withdrawal = edit.undoes or edit
        if not withdrawal.taken_down:
            return None
        found: dict[str, Any] = HiddenMemesSerializer(hidden_memes.of_edit(edit)).data
        return found


class ItemSerializer(serializers.ModelSerializer[Item]):
    """`before` and `after` as the log names them: terms, `off`, or `undecided`."""

    video = serializers.UUIDField(source="video.uuid")
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=Item.Outcome.choices, source="result")
    reason = ReasonField(allow_blank=True)

    class Meta:
        model = Item
        fields = ["video", "before", "after", "outcome", "reason"]
        read_only_fields = fields

    def get_before(self, item: Item) -> str:
        return state_line(item.before, decided=item.before_decided)

    def get_after(self, item: Item) -> str:
        return state_line(item.after, decided=item.after_decided)


class SelectionSerializer(StrictSerializer):
    """Either `ids`, or what is `matching` filters now, in the words of the list's query string;
    an empty `matching` is everything of yours. With `matching`, `except` leaves videos out."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=services.MAX_IDS, required=False
    )
    matching = serializers.DictField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With `except`, which no attribute of a class can be named."""
        left_out = serializers.ListField(
            child=serializers.UUIDField(),
            max_length=selection.MAX_EXCEPT,
            required=False,
            help_text=_("Of what is `matching`, the ids of videos that stay as they are."),
        )
        return {**super().get_fields(), "except": left_out}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("matching" in attrs):
            raise serializers.ValidationError(
                {"ids": _("Send either the ids of videos, or the filters that they match.")}
            )
        if "except" in attrs and "matching" not in attrs:
            raise serializers.ValidationError(
                {"except": _("Only of what is `matching` something can be left out.")}
            )
        return attrs


class TurnOffSerializer(StrictSerializer):
    """What to turn off, for which videos."""

    use = UseField()
    reason = LineSerializerField(required=False, allow_blank=True, max_length=500, default="")
    selection = SelectionSerializer()

    def selected(self, creator: User) -> dict[str, Any]:
        """`matching` or `ids`, as the services take them. Raises Refused for a filter that does
        not exist or cannot be read, or for an exception that is not the creator's."""
        asked: dict[str, Any] = self.validated_data["selection"]
        if "matching" in asked:
            matching = selection.from_api(creator, asked["matching"])
            return {"matching": selection.leaving_out(creator, matching, asked.get("except", ()))}
        return {"ids": asked["ids"]}

    def key_of(self, key: str | None) -> str | None:
        """The same key with another use or another selection is another key: nothing that is to
        be turned off is taken for a repetition of something else."""
        if key is None:
            return None
        asked = self.validated_data["selection"]
        named = sorted(str(one) for one in asked.get("ids", ()))
        named += sorted(f"-{one}" for one in asked.get("except", ()))
        matching = json.dumps(asked.get("matching"), sort_keys=True)
        return combined_key(key, self.validated_data["use"], matching, *named)


class NewEditSerializer(TurnOffSerializer):
    """What to allow or to turn off, for which videos."""

    state = serializers.ChoiceField(choices=STATES)
    audience = serializers.ChoiceField(choices=Terms.Audience.choices, required=False)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    last_day = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text=_("Instead of `until`: it ends when this day is over in your time zone."),
    )
    keeps_ends = serializers.BooleanField(
        required=False,
        default=False,
        help_text=_(
            "What is allowed already keeps its own end; `until` is for the others. Without it all "
            "get `until`, and lose their end where that is missing."
        ),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["state"] == "ask":
            raise serializers.ValidationError(
                {"state": _("Being asked each time comes later. Choose “allowed” or “off”.")}
            )
        for name in ("until", "last_day", "keeps_ends"):
            if attrs["state"] == "off" and attrs[name]:
                raise serializers.ValidationError({name: _("Only a permission has an end.")})
        if attrs["until"] and attrs["last_day"]:
            raise serializers.ValidationError(
                {"last_day": _("Send either the last day or `until`, not both.")}
            )
        return attrs

    def grant(self) -> services.Grant | None:
        given = self.validated_data
        if given["state"] != "allowed":
            return None
        day = given["last_day"]
        until = days.end_of(day) if day else given["until"]
        return services.Grant(until=until, keeps_ends=given["keeps_ends"])


class ConfirmSerializer(StrictSerializer):
    """What you expect of the draft. Its terms, its videos and its note are those that it names."""

    expected = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text=_(
            "How many videos you saw it would change: `will_change` less `changed_since`. If it "
            "would be another number by now, the answer is 409 `changed_since` and nothing is done."
        ),
    )


APPLIED_OR_ACCEPTED = {200: EditDetailSerializer, 202: EditDetailSerializer}


@extend_schema_view(
    list=extend_schema(description=_("Your edits.")),
    retrieve=extend_schema(description=_("One of your edits.")),
)
@says_no
class EditViewSet(KnownParameters, ListModelMixin, RetrieveModelMixin, GenericViewSet[Edit]):
    """Your edits."""

    scopes = {
        **dict.fromkeys(("list", "retrieve", "items"), Scope.READ),
        **dict.fromkeys(("create", "turn_off", "confirm", "cancel", "undo", "retry"), Scope.DECIDE),
    }
    queryset = Edit.objects.select_related("terms__notice", "undoes", "job")
    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    serializer_class = EditDetailSerializer
    pagination_class = CursorPages
    list_actions = ("list", "items")

    def get_queryset(self) -> QuerySet[Edit]:
        return super().get_queryset().filter(creator=caller(self.request))

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return EditSerializer if self.action == "list" else super().get_serializer_class()

    @extend_schema(request=NewEditSerializer, responses={201: EditDetailSerializer})
    def create(self, request: Request) -> Response:
        """Draft an edit: it says what would happen to each video, and changes nothing yet. Of more
        than 20,000 videos it is `preparing` first: ask for it again."""
        asked = NewEditSerializer.of(request)
        edit = services.draft_edit(
            **acting(request),
            use=asked.validated_data["use"],
            grant=asked.grant(),
            reason=asked.validated_data["reason"],
            **asked.selected(caller(request)),
        )
        return self._answer(edit)

    @extend_schema(
        request=TurnOffSerializer, parameters=[IDEMPOTENCY_KEY], responses=APPLIED_OR_ACCEPTED
    )
    @action(detail=False, methods=["post"], url_path="turn-off")
    def turn_off(self, request: Request) -> Response:
        """Turn a use off at once, without a draft. It is in force for all the videos when this
        answers; of many, 202 says that it is still being written down for each.

        Sent twice with the same key, it is done once, unless your consent was changed in between.
        """
        asked = TurnOffSerializer.of(request)
        edit = services.turn_off(
            **acting(request),
            use=asked.validated_data["use"],
            reason=asked.validated_data["reason"],
            idempotency_key=asked.key_of(idempotency_key(request)),
            **asked.selected(caller(request)),
        )
        return self._answer(edit)

    @extend_schema(responses=ItemSerializer(many=True))
    @action(detail=True, serializer_class=ItemSerializer)
    def items(self, request: Request, uuid: UUID) -> Response:
        """Each video of an edit: what it was, what it becomes, what came of it."""
        items = self.get_object().items.select_related(
            "edit", "video", "before__notice", "after__notice"
        )
        page = self.paginate_queryset(items)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=ConfirmSerializer, parameters=[IDEMPOTENCY_KEY], responses=APPLIED_OR_ACCEPTED
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, uuid: UUID) -> Response:
        """Do what the draft says. Sent twice, it is done once.

        The terms of a draft never change: what you confirm is what it said when you read it, at
        most. To allow with another end make another draft. Send `expected` to be refused where
        fewer videos would change than you saw.

        Up to 500 videos it is applied when this answers (200). A larger edit is `confirmed` (202)
        and applied in the background; what it withdraws is withdrawn when this answers, whatever
        its size.
        """
        asked = ConfirmSerializer.of(request)
        edit = services.confirm_edit(
            uuid,
            **acting(request),
            idempotency_key=idempotency_key(request),
            expected=asked.validated_data.get("expected"),
        )
        return self._answer(edit)

    @extend_schema(request=None, responses={200: EditDetailSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uuid: UUID) -> Response:
        """Stop an edit that is being prepared, or is still allowing videos. One that is done can
        be undone instead; a withdrawal is in force from its confirm, and can only be undone."""
        NothingSerializer.of(request)
        edit = services.cancel_edit(uuid, **acting(request))
        return self._answer(edit, status=status.HTTP_200_OK)

    @extend_schema(request=None, responses={**APPLIED_OR_ACCEPTED, 201: EditDetailSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, uuid: UUID) -> Response:
        """Put everything back as it was before an edit. What only turns things off is done at once
        (200, or 202 for many videos). What would allow something is a draft (201): read it, then
        confirm it."""
        NothingSerializer.of(request)
        return self._answer(services.undo_or_draft(uuid, **acting(request)))

    @extend_schema(request=None, responses={202: EditDetailSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, uuid: UUID) -> Response:
        """Continue an edit that stopped after something went wrong. What was done stays."""
        NothingSerializer.of(request)
        services.retry_edit(uuid, **acting(request))
        return self._answer(self.get_object(), status=status.HTTP_202_ACCEPTED)

    def _answer(self, edit: Edit, *, status: int | None = None) -> Response:
        return Response(self.get_serializer(edit).data, status=status or _status_of(edit))


def _status_of(edit: Edit) -> int:
    """201 for a draft, 202 for what is still being applied, 200 for what is done."""
    if edit.confirmed_at is None:
        return status.HTTP_201_CREATED
    return status.HTTP_202_ACCEPTED if edit.is_live else status.HTTP_200_OK
