"""System checks: a wrong vocabulary stops the start, not the first person who reads an event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from audit import vocabulary


@register()
def vocabularies_are_complete(**_: Any) -> Iterable[CheckMessage]:
    try:
        actions = vocabulary.actions()
    except ImproperlyConfigured as error:
        yield Error(
            str(error),
            hint="AUDIT_VOCABULARIES in the settings names modules, each with a list ACTIONS.",
            id="audit.E001",
        )
        return
    for action in actions.values():
        about = {"creator", "actor", *action.fields}
        if (
            not set(action.personal) <= set(action.fields)
            or not set(action.personal.values()) <= about
        ):
            yield Error(
                f"The personal fields of {action.name} name a field that no event of it has.",
                hint=f"Its fields are: {', '.join(action.fields)}.",
                id="audit.E003",
            )
        words = action.words(dict.fromkeys(action.fields), None)
        known = {"who": "", **dict.fromkeys(action.fields, 1), **words}
        try:
            action.sentence.format(**known)
        except KeyError as unknown:
            yield Error(
                f"The sentence of {action.name} names {unknown}, which no event of it has.",
                hint=f"Its fields and words are: {', '.join(sorted(known))}.",
                id="audit.E002",
            )
