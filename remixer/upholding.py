"""What staff choose when they uphold a report: what becomes of the thing, and what that touches."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import touched
from creatorhub.jobs import State
from creatorhub.staff import Reach, ReasonForm
from library.models import Video
from remixer.cases import Report
from remixer.models import Render

Measure = Report.Measure


def link(name: str, pk: object, text: object) -> str:
    """To the page of a row in the staff admin; `name` is `<app>_<model>`."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text)


def thing_link(report: Report) -> str:
    """What was reported, leading to its page for staff."""
    if report.render:
        text = gettext("a meme of “%(title)s”") % {"title": report.video.title}
        return link("remixer_render", report.render.pk, text)
    return link("library_video", report.video.pk, report.video.title)


def of_memes(renders: Collection[Render]) -> list[str]:
    """Lines about these memes."""
    live = sum(render.is_live for render in renders)
    done = sum(render.state == State.DONE for render in renders)
    people = len({render.requester_id for render in renders})
    return [
        ngettext("%(count)s finished meme", "%(count)s finished memes", done) % {"count": done},
        ngettext("%(count)s meme in the making", "%(count)s memes in the making", live)
        % {"count": live},
        ngettext("of %(count)s person", "of %(count)s people", people) % {"count": people},
    ]


def reach_of_reports(rows: list[Report]) -> Reach:
    """The number is typed where it is more than one thing. What each choice touches is said with
    the choice."""
    memes, videos = _things(rows)
    number = len(memes) + len(videos)
    typed = number if number > 1 else None
    return Reach([], number=typed, of=gettext("things that were reported"))


def measure_for(report: Report, chosen: str) -> str:
    """What is done about one report: a video cannot be taken down, so it is held."""
    return Measure.HELD if chosen == Measure.TAKEN_DOWN and not report.render else chosen


class DecisionForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("It is told to everybody whom the decision concerns.")


class UpholdForm(DecisionForm):
    """What becomes of the thing is chosen by the person, never beforehand."""

    measure = forms.ChoiceField(
        label=_("What becomes of what was reported?"), widget=forms.RadioSelect
    )
    field_order = ["measure", "reason"]

    def fit(self, rows: list[Report]) -> None:
        """Offer what can be done about these reports, with the numbers of what it touches. Three
        queries."""
        field: Any = self.fields["measure"]
        field.choices = _choices(rows)
        links = {row.pk: (thing_link(row),) for row in rows}
        field.help_text = format_html(
            gettext("A hold can be lifted, and its files stay. Look at it first: {links}"),
            links=format_html_join(" · ", "{}", dict.fromkeys(links.values())),
        )


def _choices(rows: list[Report]) -> list[tuple[str, str]]:
    memes, videos = _things(rows)
    every = list({row.video.pk: row.video for row in rows}.values())
    hold = ngettext(
        "Hold the video for every use: %(what)s",
        "Hold the videos for every use: %(what)s",
        len(every),
    )
    one_by_one = [
        (Measure.HELD, hold, touched.of_videos(every)),
        (Measure.LEFT, gettext("Uphold it, and leave it where it is"), []),
    ]
    if memes and videos:
        label = gettext("Take the memes down, and hold the videos that were reported: %(what)s")
        both = [*of_memes(memes), *touched.of_videos(videos)]
        one_by_one.insert(0, (Measure.TAKEN_DOWN, label, both))
    elif memes:
        label = ngettext(
            "Take the meme down: %(what)s", "Take the memes down: %(what)s", len(memes)
        )
        one_by_one.insert(0, (Measure.TAKEN_DOWN, label, of_memes(memes)))
    return [(value, label % {"what": ", ".join(lines)}) for value, label, lines in one_by_one]


def _things(rows: list[Report]) -> tuple[list[Render], list[Video]]:
    """The memes and the videos that these reports are about, each once."""
    memes = {row.render.pk: row.render for row in rows if row.render}
    videos = {row.video.pk: row.video for row in rows if not row.render}
    return list(memes.values()), list(videos.values())
