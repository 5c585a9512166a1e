"""Lists of the staff admin are narrowed by what they declare, and by nothing else: a filter by
any other field would reveal to staff, one character after the other, what no page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Token
from creatorhub.models import User
from creatorhub.staff import FILTER_LOOKUPS, StaffAdmin, StaffSite
from library.models import Video
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


WALKED = (
    *("", "__exact", "__iexact", "__startswith", "__istartswith", "__endswith", "__contains"),
    *("__icontains", "__regex", "__iregex", "__gt", "__gte", "__lt", "__lte", "__range", "__in"),
    *("__isnull", "__isempty", "__date", "__year", "__pk", "__id"),
)


def deep_paths(model: type[Model], depth: int) -> Iterator[str]:
    """Every path of fields over at most `depth` tables, over relations in either direction."""
    for field in model._meta.get_fields(include_hidden=True):
        for name in sorted({field.name, getattr(field, "attname", field.name)}):
            yield name
        related = field.related_model
        if depth > 1 and isinstance(related, type):
            names = {field.name}
            if accessor := getattr(field, "get_accessor_name", lambda: None)():
                names.add(accessor)
            for name in sorted(names):
                for rest in deep_paths(related, depth - 1):
                    yield f"{name}__{rest}"


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_no_lookup_is_allowed_but_the_names_of_the_filters(model: type[Model], staff: User) -> None:
    """Every path over three tables, by every common lookup, as the admin itself asks."""
    page = admin.site._registry[model]
    request: Any = RequestFactory().get("/")
    request.user = staff
    filters: list[Any] = list(page.list_filter)
    own = {getattr(one, "parameter_name", "") for one in filters}
    filters = [one for one in filters if not isinstance(one, type)]
    names = {one if isinstance(one, str) else one[0] for one in filters}
    tried = set()

    for path in deep_paths(model, 3):
        for lookup in WALKED:
            tried.add(f"{path}{lookup}")
    allowed = {one for one in tried if page.lookup_allowed(one, "1", request)}

    assert len(tried) > 1000
    assert allowed <= own | names | {f"{name}__{one}" for name in names for one in FILTER_LOOKUPS}


# What the search of a list may find a row by. Whoever adds one sees to it that it is no secret.
SEARCHED = {
    *("User.username", "User.folded_name", "User.email", "User.uuid", "Video.uuid"),
    *("Render.uuid", "Edit.uuid", "Edit.actor", "Event.uuid", "Event.actor", "Event.subject"),
    *("Event.correlation_id", "Video.folded_title"),
    *("Hold.uuid", "Report.uuid", "Appeal.uuid"),
}


def field_at(model: Any, path: str) -> str:
    *relations, name = path.lstrip("=^@").split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model
    return f"{model._meta.object_name}.{model._meta.get_field(name).name}"


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_a_search_looks_at_nothing_secret(model: type[Model]) -> None:
    page = admin.site._registry[model]

    assert {field_at(model, path) for path in page.search_fields} <= SEARCHED


def test_rows_are_sorted_by_columns_that_the_list_shows(
    staff: User, alice: User, client_of: Callable[[User], Client]
) -> None:
    """The order of rows would give away what it is made by."""
    for model, page in admin.site._registry.items():
        shown = {str(name) for name in page.list_display}
        assert not page.sortable_by
        assert not page.date_hierarchy
        for name in shown:
            by = getattr(getattr(page, name, None), "admin_order_field", "") or ""
            assert by.lstrip("-") in {"", *shown, "creator", "terms"}, (model, name)
    for order in ("password", "-password", "99", "auth_token__key"):
        answer = client_of(staff).get(address(User), {"o": order})
        assert answer.status_code == 200
        assert set(answer.context["cl"].queryset.query.order_by) <= {"-id", "-pk"}


def test_a_table_of_ours_without_the_base_of_staff_pages_stops_the_start() -> None:
    class Bare(admin.ModelAdmin[Any]):
        pass

    site = StaffSite()
    for page in (Bare, None):
        with pytest.raises(ImproperlyConfigured, match="StaffAdmin"):
            site.register(Video, page)
    site.register(EmailAddress, Bare)
    site.register(Group, Bare)

    assert not site._registry


def test_every_page_of_the_site_has_the_base_and_its_refusals() -> None:
    for model, page in admin.site._registry.items():
        assert isinstance(page, StaffAdmin), model
        for name in ("lookup_allowed", "to_field_allowed"):
            assert name not in vars(type(page)), (model, name)


def test_rows_are_addressed_by_their_key_alone(
    staff: User, alice: User, client_of: Callable[[User], Client]
) -> None:
    desk = client_of(staff)
    page = reverse("admin:creatorhub_user_change", args=[alice.password])

    for name in ("password", "username", "email", "uuid", "auth_token__key"):
        assert desk.get(page, {"_to_field": name}).status_code == 400
        assert desk.get(address(User), {"_to_field": name}).status_code == 400


def test_the_admin_has_no_second_page_for_passwords(
    staff: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(staff).get(reverse("admin:password_change"))

    assert (answer.status_code, answer["Location"]) == (302, "/account/password/change/")


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (User, "auth_token__key__startswith"),
        (User, "tokens__digest__startswith"),
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
    first = {"tokens__digest__startswith": Token.objects.get().digest[:1]}.get(path, "a")

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
