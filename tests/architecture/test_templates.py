"""Templates are read without scrolling sideways, say which context they need, and name no use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Engine, Template
from django.template.base import FilterExpression, Node, TokenType, Variable
from django.template.defaulttags import ForNode
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode

from consent.uses import USES
from creatorhub.menu import MENU

ROOT = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.*"))
LONGEST = 160  # characters of a line
COMMENT = re.compile(
    r'\A({% extends "[^"]+" %}\s*)?{% comment %}(?P<text>.*?){% endcomment %}', re.DOTALL
)
# What every template has: by a context processor, or by Django's own tags.
EVERYWHERE = {"request", "user", "perms", "messages", "csrf_token", "consent_bar", "uses"}
BY_TAGS = {"forloop", "block", "True", "False", "None"}
# Names that a tag gives to what comes after it: {% url … as videos %}.
GIVEN = ("asvar", "variable", "target_var")


@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_read_without_scrolling(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()

    assert [number for number, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_names_its_context_at_the_top(name: str) -> None:
    comment = COMMENT.match((ROOT / name).read_text())

    assert comment, "It does not begin with a comment."
    text = comment["text"]
    assert "Context" in text, "The comment does not say which context is needed."
    used = _read(Engine.get_default().get_template(name))
    assert used - EVERYWHERE - set(re.findall(r"\w+", text)) == set()


def test_what_a_template_reads_is_found() -> None:
    source = """{% load i18n humanize %}{% partialdef piece %}{{ inner.name }}{% endpartialdef %}
    {% for one, two in rows %}{{ forloop.counter }}{% if two > limit %}{% endif %}{% endfor %}
    {% with short=long|default:other %}{{ short }}{% endwith %}{% url 'x' number as address %}
    {% include "y.html" with given=sent %}{% blocktranslate count n=much with a=b asvar told %}
    {{ a }}{{ n }}{{ free }}{% plural %}{{ freer }}{% endblocktranslate %}{{ address }}{{ told }}"""

    found = _read(Engine.get_default().from_string(source))

    expected = "inner rows limit long other number sent much b free freer"
    assert found == set(expected.split())


def test_pages_belong_to_entries_of_the_menu() -> None:
    blocks = re.compile(r"{% block section %}(\w+){% endblock section %}")
    named = {section for name in NAMES for section in blocks.findall((ROOT / name).read_text())}

    assert named == {entry.section for entry in MENU}


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not name.startswith(("remixer", "admin"))]
)
def test_no_sentence_names_a_use(name: str) -> None:
    """They are built from the uses that there are, so that another one appears by itself."""
    source = (ROOT / name).read_text()

    for use in USES.values():
        for word in (use.id, str(use.label), str(use.verb), str(use.noun)):
            assert not re.search(rf"\b{re.escape(word)}\b", source, re.IGNORECASE), word


def _read(template: Template) -> set[str]:
    """The names that a template reads from its context."""
    given = {
        name
        for node in _nodes(template.nodelist)
        for attribute in GIVEN
        if isinstance(name := getattr(node, attribute, None), str)
    }
    return set(_names(template.nodelist)) - given - BY_TAGS


def _nodes(part: Any) -> Iterator[Node]:
    if isinstance(part, Node):
        yield part
    for inner in _inside(part):
        yield from _nodes(inner)


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, FilterExpression):
        yield from _names(part.var)
        for _, arguments in part.filters:
            yield from (name for _, one in arguments for name in _names(one))
    elif isinstance(part, Variable):
        if part.lookups and not part.translate:
            yield part.lookups[0]
    else:
        inner = {name for one in _inside(part) for name in _names(one)}
        if isinstance(part, BlockTranslateNode):
            tokens = [*part.singular, *(part.plural or [])]
            inner |= {
                re.split(r"[.|]", token.contents)[0]
                for token in tokens
                if token.token_type == TokenType.VAR
            }
        yield from inner - _bound(part)


def _bound(part: Any) -> set[str]:
    """The names that hold only inside this node."""
    if isinstance(part, ForNode):
        return set(part.loopvars)
    if isinstance(part, BlockTranslateNode):
        return {*part.extra_context, part.countervar or ""}
    return set(getattr(part, "extra_context", ()))


def _inside(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    if isinstance(part, (list, tuple)):
        return list(part)
    if isinstance(part, (Node, TokenBase)):
        return list(vars(part).values())
    return []
