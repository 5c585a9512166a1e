"""What every part of the API shares: bounded input, cursor pages, errors in the schema."""

from __future__ import annotations

from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_filters import FilterSet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, NotFound, ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from creatorhub.errors import Refused
from creatorhub.models import User

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
    """For views that list: a query parameter that the list does not know is refused by name (400,
    `unknown_parameter`). Ignored, a mistyped filter would answer with all rows.

    `query_parameters` names what the list takes beside the parameters of its pagination. An
    `@action` that lists something else can set its own.
    """

    query_parameters: tuple[str, ...] = ()

    def paginate_queryset(self, queryset: Any) -> Any:
        """Every list comes through here, paginated or not, and no other answer does."""
        self._refuse_unknown_parameters()
        return super().paginate_queryset(queryset)

    def _refuse_unknown_parameters(self) -> None:
        known = [*self.query_parameters]
        if self.paginator:
            known += [one["name"] for one in self.paginator.get_schema_operation_parameters(self)]
        also_known = {*known, api_settings.URL_FORMAT_OVERRIDE}
        if unknown := sorted(set(self.request.query_params) - also_known):
            sentence = ngettext(
                "This list has no parameter %(unknown)s. It has: %(known)s.",
                "This list has no parameters %(unknown)s. It has: %(known)s.",
                len(unknown),
            )
            names = {"unknown": ", ".join(unknown), "known": ", ".join(known) or _("none")}
            raise Refused(sentence % names, code="unknown_parameter")


class FailureSerializer(serializers.Serializer[Any]):
    """Every refusal. The sentence is for people and may change; the code does not."""

    detail = serializers.CharField()
    code = serializers.CharField()


class Schema(AutoSchema):
    """Says of each operation how it refuses, so that views need not."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        failure = self._get_response_for_code(  # type: ignore[no-untyped-call]
            FailureSerializer, "default"
        )
        bodies.setdefault("default", {**failure, "description": "Refused; `code` says why."})
        return bodies


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of at most 100 characters. The same key again answers the first result.",
)


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip() or None
    if key and (len(key) > 100 or not key.isprintable()):
        raise ParseError("An Idempotency-Key is printable text of at most 100 characters.")
    return key


def caller(request: Request) -> User:
    """The account behind a request that must be signed in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def filtered(
    filters: type[FilterSet], query: QueryDict, queryset: QuerySet[Any], **more: Any
) -> QuerySet[Any]:
    """The rows that the page with this query string shows; wrong filters answer by field."""
    chosen = filters(query, queryset=queryset, **more)
    if not chosen.is_valid():
        raise serializers.ValidationError(chosen.errors)
    found: QuerySet[Any] = chosen.qs
    return found
