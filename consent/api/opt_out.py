"""The one switch for all videos of a creator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from consent import services
from consent.api.fields import ByField, HiddenMemesSerializer
from consent.api.state import FactsByUseSerializer
from consent.context import consent_bar_of
from consent.counts import UseFacts
from consent.models import ConsentState
from consent.signals import HiddenMemes
from creatorhub.api import KnownParameters, StrictSerializer, acting, caller
from creatorhub.fresh import require_fresh
from creatorhub.requests import says_no
from creatorhub.scopes import Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the switch stands, and what this call has done."""

    state: ConsentState
    stopped: int = 0
    taken_down: int = 0
    memes: HiddenMemes | None = None
    uses: dict[str, UseFacts] | None = None

    @property
    def restored(self) -> int:
        return self.memes.back if self.memes else 0


class OptOutSerializer(serializers.Serializer[Answer]):
    opted_out = serializers.BooleanField(source="state.opted_out")
    by = ByField(
        source="state.opted_out_by",
        help_text=_("Who turned everything off. null: nobody, or unknown."),
    )
    note = serializers.CharField(
        source="state.opted_out_reason", help_text=_("What staff wrote to you about it.")
    )
    since = serializers.DateTimeField(source="state.opted_out_at", allow_null=True)
    version = serializers.IntegerField(source="state.version")
    stopped = serializers.IntegerField(help_text=_("Memes in the making that this call stopped."))
    taken_down = serializers.IntegerField(
        help_text=_("Memes that this call hid, until it can no longer be taken back.")
    )
    restored = serializers.IntegerField(help_text=_("Memes that this call brought back."))
    memes = HiddenMemesSerializer(
        allow_null=True,
        help_text=_("What became of the memes that were hidden. null: this call ended no opt-out."),
    )
    uses = FactsByUseSerializer(
        allow_null=True,
        help_text=_(
            "What is in force again, and what holds back the rest. null: this call ended no "
            "opt-out."
        ),
    )


class ChangeOptOutSerializer(StrictSerializer):
    """Whether everything is to be turned off."""

    opted_out = serializers.BooleanField()
    restore = serializers.ChoiceField(
        choices=["previous", "all_off"],
        required=False,
        help_text=_("What to start from. Needed when `opted_out` is false."),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["opted_out"] and "restore" not in attrs:
            raise serializers.ValidationError(
                {
                    "restore": _(
                        "Say what to start from: “previous” for what was allowed before, "
                        "or “all_off”."
                    )
                }
            )
        return attrs


@says_no
class OptOutViewSet(KnownParameters, GenericViewSet[ConsentState]):
    """The one switch: with it on, nothing may be done with any of your videos."""

    scopes = {"retrieve": Scope.READ, "update": Scope.DECIDE}
    serializer_class = OptOutSerializer

    def retrieve(self, request: Request) -> Response:
        creator = caller(request)
        state = ConsentState.objects.filter(creator=creator).first()
        return self._answer(Answer(state or ConsentState(creator=creator)))

    @extend_schema(request=ChangeOptOutSerializer, responses=OptOutSerializer)
    def update(self, request: Request) -> Response:
        """Turn everything off, or end that. What was allowed before stays stored: `restore` says
        whether it is allowed again. A browser's session may end it only after a fresh sign-in."""
        change = ChangeOptOutSerializer.of(request).validated_data
        if change["opted_out"]:
            done = services.opt_out(**acting(request))
            return self._answer(Answer(done.state, done.stopped, done.taken_down))
        if request.auth is None:
            require_fresh(request._request)
        back = services.opt_in(**acting(request), restore=change["restore"])
        uses = consent_bar_of(caller(request)).by_use if back.memes else None
        return self._answer(Answer(back.state, memes=back.memes, uses=uses))

    def _answer(self, answer: Answer) -> Response:
        return Response(self.get_serializer(answer).data)
