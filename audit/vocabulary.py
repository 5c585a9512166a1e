"""Which actions the log knows: what each one records, and how a person reads it.

Every app declares its own in a module that settings.AUDIT_VOCABULARIES names, as a list `ACTIONS`.
The log itself knows none of the apps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from creatorhub.models import User

Body = Mapping[str, Any]


def _no_words(body: Body, reader: User | None) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Action:
    """`name` is dotted (`video.renamed`), and never changes once it is released.

    `sentence` is a format string over `{who}`, the fields and the result of `words`. With
    `ngettext_lazy` it has a form for one and a form for many.

    `words(body, reader)` makes of the fields what only a sentence needs, such as the label of a
    use. It is called each time an event is read, and must accept None for every field. A word with
    the name of a field replaces it; `icon` replaces the icon; `reason` is shown as the reason.
    """

    name: str
    sentence: StrOrPromise
    fields: tuple[str, ...] = ()
    icon: str = "circle"
    words: Callable[[Body, User | None], Mapping[str, Any]] = _no_words


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
