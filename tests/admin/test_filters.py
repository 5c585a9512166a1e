"""Lists of the staff admin are narrowed by what they declare, and by nothing else: a filter by
any other field would reveal to staff, one character after the other, what no page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.authtoken.models import Token

from creatorhub.models import User
from tests import factories

pytestmark = pytest.mark.django_db

LOOKUPS = ("", "__exact", "__startswith", "__gt", "__in", "__isnull")


def address(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def paths(model: type[Model]) -> Iterator[str]:
    """Every field of a model, and every field of those that it is related to, either way."""
    for field in model._meta.get_fields(include_hidden=True):
        name = getattr(field, "get_accessor_name", lambda: None)() or field.name
        names = {field.name, name}
        for one in sorted(names):
            yield one
            if isinstance(field.related_model, type):
                for other in field.related_model._meta.get_fields():
                    yield f"{one}__{other.name}"


def declared(model: type[Model], staff: User) -> set[str]:
    """The parameters of the filters that a list shows."""
    page = admin.site._registry[model]
    request: Any = RequestFactory().get("/")
    request.user = staff
    specs = page.get_changelist_instance(request).get_filters(request)[0]
    return {str(name) for spec in specs for name in spec.expected_parameters()}


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_a_list_is_filtered_by_nothing_that_it_does_not_declare(
    model: type[Model], staff: User
) -> None:
    page = admin.site._registry[model]
    allowed = declared(model, staff)
    tried = 0

    for path in paths(model):
        for lookup in LOOKUPS:
            if f"{path}{lookup}" in allowed:
                continue
            request: Any = RequestFactory().get("/", {f"{path}{lookup}": "1"})
            request.user = staff
            with pytest.raises((DisallowedModelAdminLookup, IncorrectLookupParameters)):
                page.get_changelist_instance(request)
            tried += 1

    assert tried > 50


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (User, "auth_token__key__startswith"),
        (User, "password__startswith"),
        (User, "password"),
        (User, "emailaddress__email__startswith"),
        (User, "consent_state__creator__password__startswith"),
    ],
)
def test_secrets_are_not_found_out_by_filters(
    model: type[Model],
    path: str,
    staff: User,
    alice: User,
    client_of: Callable[[User], Client],
) -> None:
    factories.token_of(alice)
    first = {"auth_token__key__startswith": Token.objects.get().key[:1]}.get(path, "a")

    answer = client_of(staff).get(address(model), {path: first})

    assert answer.status_code == 400
    assert "alice" not in answer.text


def test_the_filters_that_a_list_declares_work(
    staff: User, alice: User, client_of: Callable[[User], Client]
) -> None:
    desk = client_of(staff)

    for model in admin.site._registry:
        for name in declared(model, staff):
            value = "2026-01-01T00:00Z" if name.endswith(("__gte", "__lt")) else "1"
            answer = desk.get(address(model), {name: value})
            assert answer.status_code == 200, (model, name)
    listed = desk.get(address(User), {"is_staff__exact": "0"})
    assert list(listed.context["cl"].result_list) == [alice]
