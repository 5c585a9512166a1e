"""Fields that the serializers of consent share.

DRF makes the fields of a serializer anew for each instance: what is read from USES here is read
then, so a use that is added later is in the answers and in the schema.
"""

from __future__ import annotations

from typing import Any, get_args

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from consent.filters import state_of
from consent.policy import Reason
from consent.signals import HiddenMemes
from consent.uses import USES, choices
from creatorhub.actors import Actor, Kind
from creatorhub.days import last_day

STATES = ["allowed", "ask", "off"]
KINDS = list(get_args(Kind))
REASONS = [str(reason) for reason in Reason]


class UseField(serializers.ChoiceField):
    """The id of a use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=choices(), **options)


class ReasonField(serializers.ChoiceField):
    """A reason of the policy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=REASONS, **options)


class ByField(serializers.ChoiceField):
    """Who acted: "creator", "staff" or "system"; null where nobody did or it is not known. `source`
    is the text of an Actor."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=KINDS, allow_null=True, **options)

    def to_representation(self, value: str) -> Any:
        return Actor.parse(value).kind if value else None


class EffectiveStateField(serializers.ChoiceField):
    """What a reason amounts to. `source` is the reason."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=STATES, **options)

    def to_representation(self, value: str) -> str:
        return state_of(value)


class LastDayField(serializers.DateField):
    """The last day on which a permission holds, in your time zone. `source` is its end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        return last_day(value).isoformat()


class ByUseSerializer(serializers.Serializer[Any]):
    """One field for each use there is, made by `field_of`."""

    def field_of(self, use: str) -> serializers.Field[Any, Any, Any, Any]:
        raise NotImplementedError

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {use: self.field_of(use) for use in USES}


class HiddenMemesSerializer(serializers.Serializer[HiddenMemes]):
    back = serializers.IntegerField(help_text=_("They can be seen again."))
    held = serializers.IntegerField(
        help_text=_("They stay hidden as long as staff hold their videos.")
    )
    paused = serializers.IntegerField(
        help_text=_("They stay hidden as long as CreatorHub pauses the use.")
    )
    blocked = serializers.IntegerField(
        help_text=_("They stay hidden as long as you block who made them.")
    )
    not_allowed = serializers.IntegerField(help_text=_("Their videos are not allowed again."))
    removed = serializers.IntegerField(help_text=_("Their makers removed them."))
    too_late = serializers.IntegerField(help_text=_("They are deleted."))
    until = serializers.DateTimeField(
        allow_null=True, help_text=_("When the first of them no longer can.")
    )
