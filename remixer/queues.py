"""The queues of staff: reports by people, and appeals against what staff decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.staff import ActorAdmin
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.staff import NoReasonForm, Told, each, reasoned
from remixer import services
from remixer.cases import Appeal, Report
from remixer.upholding import (
    DecisionForm,
    UpholdForm,
    link,
    measure_for,
    reach_of_reports,
    thing_link,
)


class QueueFilter(admin.SimpleListFilter):
    """What waits is shown first; what is decided is a click away."""

    title = _("state")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("decided", _("Decided")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        waiting, *others = super().choices(changelist)
        yield {**waiting, "display": _("Waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        waiting = ["open", "in_review"]
        if self.value() == "all":
            return queryset
        if self.value() == "decided":
            return queryset.exclude(state__in=waiting)
        return queryset.filter(state__in=waiting)


@admin.register(Report)
class ReportAdmin(ActorAdmin[Report]):
    acting = ("what_to_do",)
    list_display = ["created_at", "kind", "about", "reporter", "state", "assigned_to"]
    list_filter = [QueueFilter, "kind"]
    list_select_related = ["reporter", "assigned_to", "video__owner", "render__requester"]
    search_fields = [
        "=uuid",
        "=video__uuid",
        "=render__uuid",
        "video__folded_title",
        "reporter__username",
    ]
    search_help_text = _("An ID of a report, a meme or a video, a title, or who reported.")
    ordering = ["id"]
    fields = [
        *("uuid", "created_at", "kind", "text", "reporter", "about", "of", "what_to_do"),
        *("state", "assigned_to", "decided_at", "decided_by_whom", "measure", "decision"),
    ]
    readonly_fields = ["about", "of", "what_to_do", "decided_by_whom"]
    actions = ["take", "uphold", "dismiss"]

    @admin.display(description=_("About"))
    def about(self, report: Report) -> str:
        return thing_link(report)

    @admin.display(description=_("Made by"))
    def of(self, report: Report) -> str:
        owner = report.video.owner
        creator = link("creatorhub_user", owner.pk, owner.username)
        if not report.render:
            return creator
        maker = report.render.requester
        return format_html(
            gettext("{maker}, of a video of {creator}"),
            maker=link("creatorhub_user", maker.pk, maker.username),
            creator=creator,
        )

    @admin.display(description=_("What can be done"))
    def what_to_do(self, report: Report) -> str:
        """Each leads to the list with only this thing in it, where the acts are."""
        video = f"{reverse('admin:library_video_changelist')}?q={report.video.uuid}"
        hold = format_html('<a href="{}">{}</a>', video, gettext("Hold or turn off the video"))
        if not report.render:
            return hold
        meme = f"{reverse('admin:remixer_render_changelist')}?q={report.render.uuid}"
        down = format_html('<a href="{}">{}</a>', meme, gettext("Take the meme down"))
        return format_html("{} · {}", down, hold)

    @admin.display(description=_("Decided by"))
    def decided_by_whom(self, report: Report) -> str:
        return self.name_of(report, "decided_by")

    @reasoned(
        _("Look into it"),
        consequence=_("It is yours from now on. Colleagues see that you are looking into it."),
        button=_("Take it"),
        form_class=NoReasonForm,
    )
    def take(self, rows: list[Report], *, actor: Actor) -> Iterator[Told]:
        person = User.objects.get(uuid=actor.id)

        def take(report: Report) -> str:
            if services.take_report(report, actor=actor, person=person):
                return gettext("“%(name)s” is yours.") % {"name": report}
            return gettext("“%(name)s” was yours already, or is decided.") % {"name": report}

        return each(rows, take)

    @reasoned(
        _("Uphold with a reason"),
        consequence=_(
            "The report was right. Say what becomes of the thing: it is done in this step. The "
            "reporter and the person whose thing it is are told both, with your reason."
        ),
        button=_("Uphold"),
        form_class=UpholdForm,
        reach=reach_of_reports,
        fit=UpholdForm.fit,
    )
    def uphold(
        self, rows: list[Report], *, actor: Actor, reason: str, measure: str
    ) -> Iterator[Told]:
        return _decide(rows, actor=actor, upheld=True, decision=reason, measure=measure)

    @reasoned(
        _("Dismiss with a reason"),
        consequence=_(
            "Nothing changes. The reporter and the person whose thing it is are told, with your "
            "reason."
        ),
        button=_("Dismiss"),
        form_class=DecisionForm,
    )
    def dismiss(self, rows: list[Report], *, actor: Actor, reason: str) -> Iterator[Told]:
        return _decide(rows, actor=actor, upheld=False, decision=reason)


def _decide(
    rows: list[Report], *, actor: Actor, upheld: bool, decision: str, measure: str = ""
) -> Iterator[Told]:
    def decide(report: Report) -> str:
        act = measure_for(report, measure)
        if services.decide_report(
            report, actor=actor, upheld=upheld, decision=decision, measure=act
        ):
            done = f"{Report.Measure(act).label}." if act else ""
            return f"{gettext('“%(name)s” is decided.') % {'name': report}} {done}".rstrip()
        return gettext("“%(name)s” was decided already.") % {"name": report}

    return each(rows, decide)


@admin.register(Appeal)
class AppealAdmin(ActorAdmin[Appeal]):
    actor_fields = ("against",)
    list_display = ["created_at", "person", "about", "state", "against_whom"]
    list_filter = [QueueFilter]
    list_select_related = ["person", "hold__video", "render__video"]
    search_fields = ["=uuid", "person__username"]
    search_help_text = _("The ID of an appeal, or a username.")
    ordering = ["id"]
    fields = [
        *("uuid", "created_at", "person", "about", "reason_then", "against_whom", "text"),
        *("state", "decided_at", "decided_by_whom", "decision"),
    ]
    readonly_fields = ["about", "reason_then", "against_whom", "decided_by_whom"]
    actions = ["grant", "deny"]

    @admin.display(description=_("About"))
    def about(self, appeal: Appeal) -> str:
        if appeal.render:
            text = gettext("a meme of “%(title)s”") % {"title": appeal.render.video.title}
            return link("remixer_render", appeal.render.pk, text)
        hold = appeal.hold
        return link("consent_hold", hold.pk, hold) if hold else ""

    @admin.display(description=_("Why it was done"))
    def reason_then(self, appeal: Appeal) -> str:
        return appeal.hold.reason if appeal.hold else appeal.render.problem if appeal.render else ""

    @admin.display(description=_("Against the decision of"))
    def against_whom(self, appeal: Appeal) -> str:
        return self.name_of(appeal, "against")

    @admin.display(description=_("Decided by"))
    def decided_by_whom(self, appeal: Appeal) -> str:
        return self.name_of(appeal, "decided_by")

    @reasoned(
        _("Grant with a reason"),
        consequence=_(
            "The hold is lifted, or the meme comes back if its files are still there and its "
            "creator still allows it. Nothing is turned on that a creator has not allowed."
        ),
        button=_("Grant"),
        form_class=DecisionForm,
    )
    def grant(self, rows: list[Appeal], *, actor: Actor, reason: str) -> Iterator[Told]:
        return _judge(rows, actor=actor, granted=True, decision=reason)

    @reasoned(
        _("Deny with a reason"),
        consequence=_("Everything stays as it is. There is no second appeal."),
        button=_("Deny"),
        form_class=DecisionForm,
    )
    def deny(self, rows: list[Appeal], *, actor: Actor, reason: str) -> Iterator[Told]:
        return _judge(rows, actor=actor, granted=False, decision=reason)


def _judge(rows: list[Appeal], *, actor: Actor, granted: bool, decision: str) -> Iterator[Told]:
    def judge(appeal: Appeal) -> str:
        decided = services.decide_appeal(appeal, actor=actor, granted=granted, decision=decision)
        if decided:
            told = gettext("The appeal of %(name)s is decided.") % {"name": appeal.person.username}
            return f"{told} {decided.nothing_back}".rstrip()
        return gettext("The appeal of %(name)s was decided already.") % {
            "name": appeal.person.username
        }

    return each(rows, judge)
