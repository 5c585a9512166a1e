"""The menu, and the words of a link that leads back."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from creatorhub.menu import MENU

register = template.Library()


@register.simple_block_tag(takes_context=True)
def menu(context: Context, content: str) -> str:
    """`content` is the section that the page belongs to, or nothing. Its entry is marked: as the
    page itself, or as where the page is found."""
    section, path = content.strip(), context["request"].path
    entries = [
        (entry, "page" if entry.url == path else "true" if entry.section == section else "")
        for entry in MENU
    ]
    return render_to_string("_menu.html", {"entries": entries})


@register.filter
def way_back(address: str) -> str:
    """“Back to Videos”, for the address of a page in the menu; “Back” for any other."""
    path = urlsplit(address).path
    labels = [entry.label for entry in MENU if entry.url == path]
    return _("Back to %(page)s") % {"page": labels[0]} if labels else _("Back")
