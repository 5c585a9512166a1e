"""What a program can check of a page for accessibility: axe's rules, and that every id that an
element refers to is there."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OF_COLOUR = ("color-contrast", "link-in-text-block")  # what another colour scheme may break
# Axe only doubts these: a reference to an id that is not there, for one.
DOUBTS_THAT_COUNT = ("aria-valid-attr-value",)
DANGLING = """() => {
  const names = [
    "for", "form", "headers", "list", "aria-activedescendant", "aria-controls", "aria-describedby",
    "aria-details", "aria-errormessage", "aria-flowto", "aria-labelledby", "aria-owns",
  ];
  const found = [];
  for (const name of names) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(/\\s+/)) {
        const target = document.getElementById(id);
        if (!target) found.push(`${element.localName} ${name}="${id}"`);
      }
    }
  }
  return found;
}"""


def problems(page: Page, *, rules: tuple[str, ...] = ()) -> list[Any]:
    """Nothing for a page that breaks no rule, or none of these rules of axe."""
    chosen = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    answer = Axe().run(page, options=chosen).response
    doubts = [one for one in answer["incomplete"] if one["id"] in DOUBTS_THAT_COUNT]
    broken = [
        (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
        for one in [*answer["violations"], *doubts]
    ]
    return broken + dangling(page)


def dangling(page: Page) -> list[str]:
    """Every reference to an id that no element has: `input aria-describedby="id_x_error"`."""
    found: list[str] = page.evaluate(DANGLING)
    return found
