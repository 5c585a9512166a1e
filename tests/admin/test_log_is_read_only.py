"""Nobody changes the log in the staff admin, a superuser neither."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from audit.models import Event
from creatorhub.models import User
from tests import factories
from tests.conftest import ClientOf

pytestmark = pytest.mark.django_db

MODELS = list(apps.get_app_config("audit").get_models())


@pytest.fixture
def desk(staff: User, client_of: ClientOf) -> Client:
    return client_of(staff)


@pytest.mark.parametrize("model", MODELS)
def test_no_page_lets_a_superuser_write(model: type[Model], staff: User) -> None:
    request: Any = RequestFactory().get("/admin/")
    request.user = staff
    pages: list[Any] = [page for of, page in admin.site._registry.items() if of is model]
    for other in admin.site._registry.values():
        pages += [one for one in other.get_inline_instances(request) if one.model is model]

    for page in pages:
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)
        assert page.get_actions(request) == {}
        assert not page.list_editable
    assert bool(pages) is (model is Event), "Let the test below send to it."


def test_it_is_read_and_what_is_sent_there_is_refused(desk: Client, alice: User) -> None:
    factories.make_consent(factories.make_video(owner=alice, with_files=False))
    event = Event.objects.latest("pk")
    before = list(Event.objects.order_by("pk").values())

    def url(page: str, *args: Any) -> str:
        return reverse(f"admin:audit_event_{page}", args=args)

    assert desk.get(url("changelist")).status_code == 200
    assert desk.get(url("change", event.pk)).status_code == 200
    sent = [
        desk.post(url("add"), {"action": "x"}),
        desk.post(url("change", event.pk), {"action": "x"}),
        desk.post(url("delete", event.pk), {"post": "yes"}),
    ]
    chosen = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
    desk.post(url("changelist"), chosen)

    assert {answer.status_code for answer in sent} == {403}
    assert list(Event.objects.filter(pk__lte=event.pk).order_by("pk").values()) == before
