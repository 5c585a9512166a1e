"""What every part of the API shares: pages of a list, what is refused, the schema, the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypedDict
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from creatorhub.actors import Actor
from creatorhub.idempotency import checked_key
from creatorhub.models import User
from creatorhub.requests import require_known
from creatorhub.scopes import is_public, scope_of

Direction = Literal["request", "response"]


class CursorPages(CursorPagination):
    """Newest first, 50 at a time, up to `page_size=200`. A cursor that we did not make is 404."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"
    template = None

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and "\0" in str(cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError):
            # The position comes from outside and is compared with a number or a time.
            raise NotFound(self.invalid_cursor_message) from None


class KnownParameters(GenericAPIView[Any]):
    """Refuses a query parameter that the operation does not have, by name (400,
    `unknown_parameter`). If it were ignored, a mistyped filter would answer with all rows.

    A list takes the parameters of its pagination and its filter backends, and those that
    `query_parameters` names. `list_actions` names the actions that list; no other takes any but
    those that `parameters_of_actions` names for it.
    """

    query_parameters: tuple[str, ...] = ()
    list_actions: tuple[str, ...] = ("list",)
    parameters_of_actions: Mapping[str, tuple[str, ...]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.user, User):  # the middleware knows a session, not a token
            timezone.activate(ZoneInfo(request.user.time_zone))
        action = getattr(self, "action", "list")
        is_list = action in self.list_actions and request.method in ("GET", "HEAD")
        own = [*self.parameters_of_actions.get(action, ())]
        known = self.parameters_of_list() if is_list else own
        require_known(request.query_params, *known, unsaid=(api_settings.URL_FORMAT_OVERRIDE,))

    def parameters_of_list(self) -> list[str]:
        sources: list[Any] = [backend() for backend in self.filter_backends]
        if self.paginator:
            sources.append(self.paginator)
        described = [one for each in sources for one in each.get_schema_operation_parameters(self)]
        return [*self.query_parameters, *(one["name"] for one in described)]


def parameters_of(
    form: forms.Form, *, descriptions: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """The fields of a form as query parameters in the schema, described by these descriptions, or
    else by the field's own help or label."""
    described = descriptions or {}
    return [
        {
            "name": name,
            "in": "query",
            "required": field.required,
            "description": str(described.get(name) or field.help_text or field.label or ""),
            "schema": _schema_of(field),
        }
        for name, field in form.fields.items()
    ]


def _schema_of(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return {"type": "string", "enum": [value for value, __ in choices if value]}
    if isinstance(field, forms.IntegerField):  # DecimalField is one
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        known = {name: limit for name, limit in limits.items() if limit is not None}
        return {"type": "number", **known}
    if isinstance(field, forms.DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, forms.UUIDField):
        return {"type": "string", "format": "uuid"}
    longest = getattr(field, "max_length", None)
    return {"type": "string", "maxLength": longest} if longest else {"type": "string"}


class StrictSerializer(serializers.Serializer[Any]):
    """For the body of a request: a field that does not exist is refused by name. If it were
    ignored, a mistyped option would change what is done."""

    @classmethod
    def of(cls, request: Request) -> Self:
        """The body of this request, checked. Raises ValidationError."""
        sent = cls(data=request.data)
        sent.is_valid(raise_exception=True)
        return sent

    def to_internal_value(self, data: Any) -> Any:
        names = data if isinstance(data, Mapping) else ()
        unknown = {name: [self._no_such_field()] for name in names if name not in self.fields}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as wrong:
            if isinstance(wrong.detail, dict):
                raise serializers.ValidationError({**wrong.detail, **unknown}) from None
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _no_such_field(self) -> str:
        if not self.fields:
            return _("This request takes no body. Leave it out.")
        names = {"known": ", ".join(self.fields)}
        return _("There is no such field. There are: %(known)s.") % names


class NothingSerializer(StrictSerializer):
    """For a request that takes no body."""


class _StrictSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says in the schema that no other field may be sent."""

    target_class = "creatorhub.api.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False}


class AnyAccept(DefaultContentNegotiation):
    """For what is no JSON: a player accepts video only, a program text only, and our refusals are
    JSON. Neither is a reason for a 406."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class FailureSerializer(serializers.Serializer[Any]):
    """Every refusal. The sentence is for people and may change; the code does not."""

    detail = serializers.CharField()
    code = serializers.CharField()


class Schema(AutoSchema):
    """Says of each operation how it refuses, so that views need not."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_description(self) -> str:  # type: ignore[override]  # as AutoSchema has it
        """With the scope that a token needs."""
        action = getattr(self.view, "action", "")
        scope = scope_of(self.view, action)
        text = str(super().get_description() or "")
        if scope is None or is_public(self.view, action):
            return text
        return f"{text}\n\n{_('Scope')}: `{scope.value}`".strip()

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        failure = self._get_response_for_code(  # type: ignore[no-untyped-call]
            FailureSerializer, "default"
        )
        bodies.setdefault("default", {**failure, "description": _("Refused; `code` says why.")})
        return bodies


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=gettext_lazy(
        "Any text of at most 100 characters. The same key again answers the first result."
    ),
)


def idempotency_key(request: Request) -> str | None:
    """Raises Refused for a key that cannot be one."""
    return checked_key(request.headers.get("Idempotency-Key", ""))


class Acting(TypedDict):
    """The two arguments by which a service of consent knows who acts on whose videos."""

    actor: Actor
    creator: User


def caller(request: Request) -> User:
    """The account behind a request that must be signed in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def acting(request: Request) -> Acting:
    """The caller, acting on what is their own."""
    creator = caller(request)
    return {"actor": Actor.creator(creator), "creator": creator}
