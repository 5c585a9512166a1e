"""Texts that were stored as a Mac writes them are brought into the one form, and found."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection

from audit.models import Event
from consent import selection
from consent.models import Edit, SavedFilter
from creatorhub.models import User
from library.models import Video
from library.search import collections_of, titled
from tests.upgrade.migrating import migrate, models_at
from tests.upgrade.release_0_2_0 import MIGRATIONS

MAC, ALL = "Cafe\u0301", "Café"
pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def before() -> Any:
    migrate(MIGRATIONS)
    return models_at(MIGRATIONS)


def _alice(before: Any) -> Any:
    return before.get_model("creatorhub.User").objects.create(
        username="alice", display_name=f"Zoe\u0308 {MAC}"
    )


def _saved(before: Any, alice: Any, name: str, **query: str) -> None:
    before.get_model("consent.SavedFilter").objects.create(
        creator=alice, name=name, query=urlencode(query)
    )


def test_titles_collections_and_names_are_found_after_the_upgrade(before: Any) -> None:
    alice = _alice(before)
    videos = before.get_model("library.Video").objects
    for number in range(3):
        videos.create(owner=alice, title=f"{MAC} {number}", collection=MAC, original_name=MAC)
    videos.create(owner=alice, title="CAFÉ 3", collection=ALL)

    migrate()

    assert titled(Video.objects.all(), "café").count() == titled(Video.objects.all(), MAC).count()
    assert titled(Video.objects.all(), "café").count() == 4
    owner = User.objects.get()
    assert (owner.display_name, owner.folded_name) == (f"Zoë {ALL}", "zoë café")
    assert collections_of(owner) == [ALL], "two collections that look the same are one"
    assert Video.objects.filter(collection=ALL).count() == 4
    assert {video.original_name for video in Video.objects.all()} == {ALL, ""}
    assert not Event.objects.exists(), "what people read has not changed"


def test_saved_filters_ask_for_what_they_asked(before: Any) -> None:
    alice = _alice(before)
    _saved(before, alice, MAC, q=MAC)
    _saved(before, alice, "Plain", q="plain", sort="title")

    migrate()

    assert dict(SavedFilter.objects.values_list("name", "query")) == {
        ALL: urlencode({"q": ALL}),
        "Plain": "q=plain&sort=title",
    }


@pytest.mark.parametrize(("query", "names"), [(MAC, [ALL]), ("other", [ALL, f"{ALL} (2)"])])
def test_of_two_filters_with_one_name_the_same_is_kept_once_and_another_beside_it(
    before: Any, query: str, names: list[str]
) -> None:
    alice = _alice(before)
    _saved(before, alice, ALL, q=ALL)
    _saved(before, alice, MAC, q=query)

    migrate()

    assert sorted(SavedFilter.objects.values_list("name", flat=True)) == names


def test_an_edit_that_was_being_prepared_selects_what_it_asked_for(before: Any) -> None:
    """Its filter is kept as it was typed; it is read as all filters are."""
    alice = _alice(before)
    video = before.get_model("library.Video").objects.create(owner=alice, title=f"{MAC} am Fluss")
    matching = {"query": urlencode({"q": MAC}), "upto": video.pk, "zone": "UTC", "under_terms": ""}
    before.get_model("consent.Edit").objects.create(
        creator=alice,
        actor="creator:x",
        use="remix",
        matching=matching,
        reason=MAC,
        expires_at="2030-01-01T00:00Z",
    )

    migrate()

    edit = Edit.objects.get()
    assert edit.reason == ALL
    assert [found.pk for found in selection.videos_of(edit)] == [video.pk]


def test_rows_are_rewritten_in_parts_and_a_second_time_not_at_all(
    before: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creatorhub.migrations._columns.PART", 2)
    alice = _alice(before)
    for number in range(5):
        before.get_model("library.Video").objects.create(owner=alice, title=f"{MAC} {number}")
    migrate({"library": "0003_titles_in_one_form"})
    assert Video.objects.filter(folded_title__contains=ALL).count() == 5

    with connection.execute_wrapper(_no_update):
        migrate({"library": "0002_video_folded_title"})
        migrate({"library": "0003_titles_in_one_form"})
    migrate()

    assert titled(Video.objects.all(), "café").count() == 5


def _no_update(execute: Any, sql: str, *rest: Any) -> Any:
    assert not sql.startswith('UPDATE "library_video"'), sql
    return execute(sql, *rest)
