"""Every operation of the API says which scope a token needs, or that it is open to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from rest_framework.test import APIClient

from creatorhub.models import User
from creatorhub.scopes import HasScope, Scope, is_public, scope_of
from tests.conftest import ApiOf

READS = {"get", "head"}
# Operations that read although they are sent by POST.
ASKS = {"check-list"}
# What changes what is allowed, so that no other scope will do.
DECIDES = {
    *("edit-list", "edit-turn-off", "edit-confirm", "edit-cancel", "edit-undo", "edit-retry"),
    "opt-out",
}


def operations() -> Iterator[tuple[str, str, Any, str]]:
    """(address, method, view, action) of each operation of the API."""
    for name, view in _views(get_resolver()):
        if actions := getattr(view, "actions", None):
            for method, action in actions.items():
                yield name, method, view.cls, action


def _views(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry, entry.namespace or space)
        elif space == "api":
            yield entry.name or "", entry.callback


OPERATIONS = [pytest.param(*each, id=f"{each[1]} {each[0]}") for each in operations()]


@pytest.mark.parametrize(("name", "method", "view", "action"), OPERATIONS)
def test_each_operation_declares_its_scope(name: str, method: str, view: Any, action: str) -> None:
    scope = scope_of(view, action)
    if is_public(view, action):
        assert scope is None
        return

    assert scope is not None
    assert HasScope in view.permission_classes
    reads = method in READS or name in ASKS
    assert (scope is Scope.READ) == reads
    if name in DECIDES and not reads:
        assert scope is Scope.DECIDE


def test_there_are_operations() -> None:
    assert len(OPERATIONS) > 25


def test_each_view_of_the_api_is_a_viewset_or_open_to_everybody() -> None:
    """A view without actions could declare no scope."""
    plain = {name for name, view in _views(get_resolver()) if not hasattr(view, "actions")}

    assert plain == {"schema", "docs"}


CALLS = [
    ("get", "/api/v1/videos/", Scope.READ),
    ("get", "/api/v1/opt-out/", Scope.READ),
    ("get", "/api/v1/audit/events/", Scope.READ),
    ("post", "/api/v1/memes/", Scope.MAKE),
    ("put", "/api/v1/opt-out/", Scope.DECIDE),
    ("post", "/api/v1/edits/", Scope.DECIDE),
    ("post", "/api/v1/edits/turn-off/", Scope.DECIDE),
]


@pytest.mark.django_db
@pytest.mark.parametrize("held", Scope)
@pytest.mark.parametrize("call", CALLS)
def test_a_token_does_what_its_scope_contains(
    held: Scope, call: tuple[str, str, Scope], alice: User, api_of: ApiOf
) -> None:
    method, path, needed = call
    api: APIClient = api_of(alice, scope=held)

    answer = getattr(api, method)(path, {}, format="json")

    refused = answer.status_code == 403 and answer.json()["code"] == "insufficient_scope"
    assert refused == (not held.contains(needed))


@pytest.mark.django_db
def test_a_refusal_names_both_scopes(alice: User, api_of: ApiOf) -> None:
    answer = api_of(alice, scope=Scope.READ).put("/api/v1/opt-out/", {"opted_out": True})

    assert "“read”" in answer.json()["detail"]
    assert "“decide”" in answer.json()["detail"]
