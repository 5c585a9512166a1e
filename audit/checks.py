"""System checks: a wrong vocabulary stops the start, not the first person who reads an event; and a
log that nobody can sign stops it before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from audit import keys, vocabulary


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
                id="audit.E006",
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


HINT = "Make one with `manage.py log_key --new`; docs/operations.md says where it goes."


@register()
def the_log_has_a_key(**_: Any) -> Iterable[CheckMessage]:
    """Processes that do not sign, such as the web server, need the public key only."""
    try:
        known = keys.verifiers()
    except keys.NoKey as problem:
        yield Error(str(problem), hint=HINT, id="audit.E003")
        return
    if keys.in_production() and not settings.LOG_ORIGIN:
        yield Error(
            "LOG_ORIGIN is not set: the log has no name.",
            hint="Set it to what no other log is called, such as hub.example.com/log, for good.",
            id="audit.E004",
        )
    if keys.in_production() and not known:
        yield Error("The log has no key: LOG_KEY is not set.", hint=HINT, id="audit.E003")
    path = Path(settings.LOG_KEY_FILE or settings.DATA_DIR / keys.KEY)
    if path.exists() and path.stat().st_mode & 0o077:
        yield Error(
            f"Others on this machine can read the key of the log, {path}.",
            hint=f"chmod 600 {path}",
            id="audit.E005",
        )
