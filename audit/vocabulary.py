"""Which actions the log knows: what each one records, and how a person reads it.

Every app declares its own in a module that settings.AUDIT_VOCABULARIES names, as a list `ACTIONS`.
The log itself knows none of the apps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from creatorhub.models import User

Body = Mapping[str, Any]


# What the activity is filtered by, and how the names of these actions begin.
KINDS: dict[str, tuple[str, ...]] = {
    "consent": ("consent.", "edit.", "creator.", "upload_default.", "hold.", "person."),
    "videos": ("video.", "videos."),
    "memes": ("render.", "report.", "appeal."),
    "platform": ("notice.", "remixer.", "restore."),
    "account": ("account.",),
}
KIND_LABELS: dict[str, StrOrPromise] = {
    "consent": _("What you allow"),
    "videos": _("Your videos"),
    "memes": _("Memes"),
    "platform": _("CreatorHub"),
    "account": _("Your account"),
}


def of_creator(*fields: str) -> dict[str, str]:
    """Personal fields about the creator whose record it is."""
    return dict.fromkeys(fields, "creator")


def _no_words(body: Body, reader: User | None) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Action:
    """`name` is dotted (`video.renamed`), and never changes once it is released.

    `sentence` is a format string over `{who}`, the fields and the result of `words`, as staff read
    it. With `ngettext_lazy` it has a form for one and a form for many. `to_creator` is in its place
    for the creator whose record it is, and of an event of the whole platform for every creator that
    it concerns; `to_person` for the person whom the field `person` names: who asked for a meme.
    `about_one` is in its place where the event has a subject, whose title is `{video}`.

    `personal` names the fields that say something about a person, in the words of people: names,
    titles, captions, reasons. Its values say about whom: "creator", whose record it is; "actor"; or
    a field that holds the uuid of an account. Only their hashes are part of the log's bytes
    (audit.personal), so that they can be erased.

    `concerns(body)` is for an event of the whole platform: what it is about, by a key of the
    periods in which it concerns a creator (`periods_of`), or "" where it concerns no creator.

    `words(body, reader)` makes of the fields what only a sentence needs, such as the label of a
    use. It is called each time an event is read, and must accept None for every field. A word with
    the name of a field replaces it; `icon` replaces the icon; `reason` is shown as the reason.
    """

    name: str
    sentence: StrOrPromise
    fields: tuple[str, ...] = ()
    icon: str = "circle"
    words: Callable[[Body, User | None], Mapping[str, Any]] = _no_words
    to_creator: StrOrPromise = ""
    to_person: StrOrPromise = ""
    about_one: StrOrPromise = ""
    person: str = ""
    concerns: Callable[[Body], str] | None = None
    personal: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """A key of KINDS, or "" for an action that belongs to none; a test allows no such."""
        kinds = (kind for kind, begins in KINDS.items() if self.name.startswith(begins))
        return next(kinds, "")

    def sentence_for(self, body: Body, reader: User | None) -> StrOrPromise:
        """As this reader reads it; None reads as staff do."""
        if reader is None:
            return self.sentence
        if self.person and body.get(self.person) == str(reader.uuid):
            return self.to_person or self.sentence
        if body.get("creator", str(reader.uuid)) == str(reader.uuid):
            return self.to_creator or self.sentence
        return self.sentence


@functools.cache
def actions() -> Mapping[str, Action]:
    """Every action by its name, in the order of the settings. Raises ImproperlyConfigured for a
    module without `ACTIONS`, and for an action that is declared twice."""
    found: dict[str, Action] = {}
    for module in settings.AUDIT_VOCABULARIES:
        try:
            declared: list[Action] = import_string(f"{module}.ACTIONS")
        except ImportError as error:
            raise ImproperlyConfigured(
                f"The vocabulary {module} cannot be loaded: {error}"
            ) from error
        for action in declared:
            if action.name in found:
                raise ImproperlyConfigured(f"{module} declares {action.name} a second time.")
            found[action.name] = action
    return found


# What else a vocabulary may answer, by functions of these names in its module. Each takes at most
# one query.


class Period(NamedTuple):
    """`until` None: it goes on."""

    since: datetime
    until: datetime | None


def titles_of(subjects: Collection[UUID]) -> dict[UUID, str]:
    """What the videos that events are about are called now. No query without subjects."""
    return _gathered("titles_of", subjects) if subjects else {}


def links_of(bodies: Mapping[UUID, Body], *, reader: User) -> dict[UUID, str]:
    """The address of what each event is about, by the event's id, where the reader may see it. What
    a vocabulary of an upper app says counts more: the meme before its video."""
    return _gathered("links_of", bodies, reader=reader)


def periods_of(creator: User) -> dict[str, Period]:
    """When events of the whole platform concern this creator, by what they are about."""
    return _gathered("periods_of", creator)


def subjects_called(text: str, *, reader: User) -> list[QuerySet[Any, Any]]:
    """The ids of the reader's videos whose title has this text, as subqueries."""
    return [ask(text, reader=reader) for ask in _asked("subjects_called")]


def also_about(subject: UUID, *, reader: User) -> dict[str, list[str]]:
    """By which fields of the body, with which values, other events are about this video."""
    return _gathered("also_about", subject, reader=reader)


def pauses() -> dict[str, tuple[str, str]]:
    """By what is paused, in the words of `concerns`: the action that begins a pause of it for
    everybody, and the one that ends it. No query."""
    return _gathered("pauses")


def records_of(
    bodies: Mapping[UUID, Body], *, address: Callable[[str], str]
) -> dict[UUID, dict[str, Any]]:
    """The readable parts of receipts, with the names of ISO/IEC TS 27560, by the event's id. What
    has none is not about consent. `address` makes a path whole."""
    return _gathered("records_of", bodies, address=address)


def lines_reader() -> Callable[[Body], list[bytes] | None]:
    """Reads the lines that stand behind the root in an event of many things, ordered as they were
    hashed; None for an event without. It may remember where it was: read events in their order."""
    readers = [make() for make in _asked("LineReader")]

    def read(body: Body) -> list[bytes] | None:
        found = (reader(body) for reader in readers)
        return next((lines for lines in found if lines is not None), None)

    return read


def event_with(body: Body, subject: UUID) -> UUID | None:
    """The event that has the line of this video, of the change that this event is part of."""
    found = (ask(body, subject) for ask in _asked("event_with"))
    return next((one for one in found if one), None)


def _asked(name: str) -> list[Callable[..., Any]]:
    """From the ground up, in the order of the layers."""
    modules = [import_module(module) for module in settings.AUDIT_VOCABULARIES]
    return [getattr(module, name) for module in modules if hasattr(module, name)]


def _gathered(name: str, *given: Any, **named: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for ask in _asked(name):
        found |= ask(*given, **named)
    return found
