"""The menu at the top of every page of a signed-in person. A page says which entry it belongs to
by `{% block section %}videos{% endblock section %}`."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    section: str
    label: str | Promise
    view: str

    @property
    def url(self) -> str:
        return reverse(self.view)


MENU = (
    Entry("overview", _("Overview"), "consent:overview"),
    Entry("videos", _("Videos"), "consent:videos"),
    Entry("memes_of_my_videos", _("Memes of my videos"), "remixer:memes_of_my_videos"),
    Entry("remix", _("Remix"), "remixer:gallery"),
    Entry("my_memes", _("My memes"), "remixer:my_memes"),
    Entry("activity", _("Activity"), "consent:activity"),
)
