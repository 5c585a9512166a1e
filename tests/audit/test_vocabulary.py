"""The vocabulary: declared by each app, checked at the start, and complete."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from audit import checks, history, log, vocabulary
from audit.vocabulary import Action
from creatorhub.actors import Actor
from creatorhub.models import User
from tests.audit.test_history import EXAMPLES, Example

ROOT = Path(__file__).resolve().parents[2]
# What writes an event: audit.log, and the helpers of services that call it.
WRITERS = {"append", "append_many", "record", "_record", "record_all"}

Declare = Callable[..., None]


@pytest.fixture
def declare(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    """`declare(action, …)` makes these the whole vocabulary."""

    def make(*actions: Action) -> None:
        module = ModuleType("made_up_events")
        module.__dict__["ACTIONS"] = list(actions)
        monkeypatch.setitem(sys.modules, "made_up_events", module)
        settings.AUDIT_VOCABULARIES = ["made_up_events"]
        vocabulary.actions.cache_clear()

    yield make
    vocabulary.actions.cache_clear()


def problems() -> list[tuple[str | None, str]]:
    return [(found.id, found.msg) for found in checks.vocabularies_are_complete()]


def test_the_vocabulary_of_this_house_is_complete() -> None:
    assert not problems()


def test_an_action_that_is_declared_twice_stops_the_start(declare: Declare) -> None:
    declare(Action("cat.fed", "{who} fed it"), Action("cat.fed", "{who} fed it again"))

    with pytest.raises(ImproperlyConfigured, match=r"cat\.fed"):
        vocabulary.actions()
    assert problems() == [("audit.E001", "made_up_events declares cat.fed a second time.")]


@pytest.mark.parametrize("module", ["nowhere.events", "audit.tree"])
def test_a_module_that_declares_nothing_stops_the_start(
    declare: Declare, settings: Settings, module: str
) -> None:
    declare()
    settings.AUDIT_VOCABULARIES = [module]

    [(code, sentence)] = problems()

    assert code == "audit.E001"
    assert sentence.startswith(f"The vocabulary {module} cannot be loaded: ")


def test_a_sentence_that_names_an_unknown_field_stops_the_start(declare: Declare) -> None:
    declare(
        Action("cat.fed", "{who} fed {cat}", ("cat",)),
        Action("cat.found", "{who} found {dog}", ("cat",)),
    )

    sentence = "The sentence of cat.found names 'dog', which no event of it has."
    assert problems() == [("audit.E002", sentence)]


def test_words_are_made_when_an_event_is_read(declare: Declare) -> None:
    names = {"tom": "Tom"}
    declare(
        Action(
            "cat.fed",
            "{who} fed {name}",
            ("cat",),
            words=lambda body, reader: {"name": names.get(body["cat"], "it")},
        )
    )
    action = vocabulary.actions()["cat.fed"]

    names["kit"] = "Kit"

    assert action.sentence.format(who="Bob", **action.words({"cat": "kit"}, None)) == "Bob fed Kit"


@pytest.mark.parametrize("name", vocabulary.actions())
def test_every_action_is_described_and_has_an_icon(name: str) -> None:
    symbols = re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text())

    assert name in {example.action for example in EXAMPLES}
    assert vocabulary.actions()[name].icon in symbols


# Of releases before: they are in old logs, and nothing writes them any more.
RETIRED = {"account.token_made", "account.token_revoked"}


@pytest.mark.parametrize("name", vocabulary.actions())
def test_every_action_has_a_kind_by_which_the_activity_is_filtered(name: str) -> None:
    kind = vocabulary.actions()[name].kind

    assert kind in vocabulary.KIND_LABELS, "Add the beginning of its name to KINDS."


@pytest.mark.django_db
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.action)
def test_every_action_is_told_to_everybody_whom_it_concerns_in_their_own_person(
    alice: User, bob: User, staff: User, example: Example
) -> None:
    """Staff did it; alice is the creator, bob the person whom it concerns beside her."""
    action = vocabulary.actions()[example.action]
    fields = {**dict.fromkeys(action.fields), **example.fields}
    if action.person:
        fields[action.person] = bob.uuid
    creator = None if action.concerns else alice
    event = log.append(example.action, actor=Actor.staff(staff), creator=creator, **fields)

    [to_alice], [to_bob], [to_staff] = (
        history.describe([event], reader=reader) for reader in (alice, bob, None)
    )

    told = [(to_alice.text, to_alice.reason), (to_staff.text, to_staff.reason)]
    assert not [text for text, _ in told if text.startswith("You ")], "Neither of them acted."
    assert not to_staff.reason.startswith(("You", "Your")), "Staff are not the creator."
    if action.person:
        assert to_bob.text.startswith(("You ", "Your meme")), "It was his meme."
        assert not to_bob.reason.startswith(("You", "Your", "A moderator")), "That is for alice."


def test_every_action_is_written_by_a_service() -> None:
    apps = {module.partition(".")[0] for module in django_settings.AUDIT_VOCABULARIES}
    sources = [path for app in apps for path in (ROOT / app).rglob("*.py")]
    written = {
        text
        for path in sources
        if "services" in path.with_suffix("").parts
        for text in texts_beside_a_write(path.read_text())
    }

    assert set(vocabulary.actions()) - written == RETIRED


def texts_beside_a_write(source: str) -> Iterator[str]:
    """Every text in a function that writes an event, by the log itself or by a helper."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            inside = list(ast.walk(function))
            names = {node.attr for node in inside if isinstance(node, ast.Attribute)}
            names |= {node.id for node in inside if isinstance(node, ast.Name)}
            if names & WRITERS:
                yield from (
                    node.value
                    for node in inside
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                )


def test_the_search_for_writers_finds_a_write_and_no_mention() -> None:
    write = "def f():\n    log.append('cat.fed', actor=actor)"
    mention = "def f():\n    return Event.objects.filter(action='cat.fed')"

    assert list(texts_beside_a_write(write)) == ["cat.fed"]
    assert not list(texts_beside_a_write(mention))
