"""What a list answers to query parameters that it knows, and to those that it does not."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.test import APIRequestFactory, force_authenticate

from creatorhub.api import CursorPages, KnownParameters
from creatorhub.models import User

pytestmark = pytest.mark.django_db


class _UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["username"]


class _AllUsers(KnownParameters, ListAPIView[User]):
    queryset = User.objects.all()
    serializer_class = _UserSerializer


class _Users(_AllUsers):
    pagination_class = CursorPages
    query_parameters = ("name",)


def answer(view: type[_AllUsers], query: str, user: User) -> Any:
    request = APIRequestFactory().get(f"/users/?{query}")
    force_authenticate(request, user)
    return view.as_view()(request)


@pytest.mark.parametrize("query", ["", "name=a", "page_size=1", "cursor=", "format=json"])
def test_a_list_takes_its_own_parameters_and_those_of_its_pages(query: str, alice: User) -> None:
    assert answer(_Users, query, alice).status_code == 200


@pytest.mark.parametrize(
    ("view", "query", "sentence"),
    [
        (
            _Users,
            "nmae=a",
            "This address has no parameter nmae. It has: name, cursor, page_size.",
        ),
        (
            _Users,
            "z=1&name=a&b",
            "This address has no parameters b, z. It has: name, cursor, page_size.",
        ),
        (_AllUsers, "cursor=", "This address has no parameter cursor. It has: none."),
    ],
)
def test_what_a_list_does_not_know_is_refused_by_name(
    view: type[_AllUsers], query: str, sentence: str, alice: User
) -> None:
    refused = answer(view, query, alice)

    assert refused.status_code == 400
    assert refused.data == {"detail": sentence, "code": "unknown_parameter"}
