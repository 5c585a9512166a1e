"""Memes in the staff admin: read them, take them down, and pause all remixing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.roles import Power
from creatorhub.staff import (
    Reach,
    ReasonForm,
    Told,
    each,
    reasoned,
    require_power,
    staff_actor,
    with_number,
)
from library.staff import WatchAdmin
from remixer import queues as queues  # noqa: PLC0414  (registers the queues)
from remixer import services
from remixer.catalogue import TEMPLATES
from remixer.models import Render
from remixer.upholding import link, of_memes
from remixer.wording import summary_of


class PauseForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("It stays in the log.")


def reach_of_memes(renders: list[Render]) -> Reach:
    """The number is typed where it is more than one."""
    typed = len(renders) if len(renders) > 1 else None
    return Reach(of_memes(renders), number=typed, of=gettext("memes that you chose"))


def reach_of_pause() -> Reach:
    """Of what can be seen now: what is hidden for another reason already stays so."""
    done = Render.objects.seen_now().count()
    live = Render.objects.live().count()
    lines = [
        ngettext("%(count)s finished meme is hidden", "%(count)s finished memes are hidden", done)
        % {"count": f"{done:,}"},
        ngettext(
            "%(count)s meme in the making is stopped",
            "%(count)s memes in the making are stopped",
            live,
        )
        % {"count": f"{live:,}"},
    ]
    return Reach(lines, number=done + live, of=gettext("memes that are hidden or stopped"))


def _template_label(template_id: str) -> str:
    """A version that does not have it (any more, or yet) shows its id."""
    known = TEMPLATES.get(template_id)
    return gettext(known.name) if known else template_id


class TemplateFilter(admin.SimpleListFilter):
    """By the templates that there are: to ask the memes which they use reads all of them."""

    title = _("template")
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one, _template_label(one)) for one in TEMPLATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Render]) -> QuerySet[Render]:
        return queryset.filter(template=self.value()) if self.value() else queryset


def _link_to(render: Render) -> str:
    return link("remixer_render", render.pk, summary_of(render) or render)


@admin.register(Render)
class RenderAdmin(WatchAdmin[Render]):
    list_display = ["picture", "texts", "maker", "of_video", "state", "created_at", "reports"]
    list_display_links = ["texts"]
    list_filter = ["state", TemplateFilter]
    acting = ("watch",)
    list_select_related = ["requester", "video__owner"]
    search_fields = ["requester__username", "video__folded_title", "=uuid", "=video__uuid"]
    search_help_text = _("A username, the title of a video, or an ID.")
    ordering = ["-id"]
    fields = [
        *("picture", "watch", "texts", "maker", "of_video", "public_page", "reports"),
        *("state", "hidden_now", "problem", "template_name", "created_at"),
        *("published_at", "terms", "uuid"),
    ]
    readonly_fields = [
        *("picture", "watch", "texts", "maker", "of_video", "public_page", "reports"),
        *("hidden_now", "template_name"),
    ]
    change_list_template = "admin/render_list.html"
    actions = ["takedown"]

    @reasoned(
        _("Take down with a reason"),
        consequence=_(
            "Nobody can see these memes any more, and those that are being made are stopped. Their "
            "makers are told why and can appeal; after 14 days the files are deleted for good."
        ),
        button=_("Take down"),
        reach=reach_of_memes,
    )
    def takedown(self, rows: list[Render], *, actor: Actor, reason: str) -> Iterator[Told]:
        def take_down(render: Render) -> str:
            if services.takedown(render, actor=actor, reason=reason):
                return format_html(gettext("Taken down: {meme}."), meme=_link_to(render))
            return format_html(
                gettext("{meme} could not be seen any more: nothing changed."),
                meme=_link_to(render),
            )

        return each(rows, take_down)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Render]:
        return super().get_queryset(request).annotate(reported=Count("reports"))

    def picture_key(self, row: Render) -> str:
        return row.small_picture_key

    def file_key(self, row: Render) -> str:
        return row.file_key if row.published_at else ""

    def record_watching(self, row: Render, *, actor: Actor) -> None:
        services.record_watching(row, actor=actor)

    @admin.display(description=_("Texts"))
    def texts(self, render: Render) -> str:
        return summary_of(render) or gettext("No text")

    @admin.display(description=_("Template"))
    def template_name(self, render: Render) -> str:
        return _template_label(render.template)

    @admin.display(description=_("Made by"))
    def maker(self, render: Render) -> str:
        person = render.requester
        return link("creatorhub_user", person.pk, person.username)

    @admin.display(description=_("Of the video"))
    def of_video(self, render: Render) -> str:
        owner = render.video.owner
        return format_html(
            gettext("{video} by {creator}"),
            video=link("library_video", render.video.pk, render.video.title),
            creator=link("creatorhub_user", owner.pk, owner.username),
        )

    @admin.display(description=_("Page"))
    def public_page(self, render: Render) -> str:
        url = reverse("remixer:meme", args=[render.uuid])
        return format_html('<a href="{}">{}</a>', url, url)

    @admin.display(description=_("Reports"))
    def reports(self, render: Render) -> str:
        if not render.reported:  # type: ignore[attr-defined]
            return "0"
        queue = f"{reverse('admin:remixer_report_changelist')}?queue=all&q={render.uuid}"
        return format_html('<a href="{}">{}</a>', queue, render.reported)  # type: ignore[attr-defined]

    @admin.display(description=_("Hidden now because"))
    def hidden_now(self, render: Render) -> str:
        services.note_hidden([render])
        return render.hidden_for or gettext("It is not hidden by a decision.")

    def get_urls(self) -> list[URLPattern]:
        pause = self.admin_site.admin_view(self.pause_view)
        return [path("pause/", pause, name="remixer_pause"), *super().get_urls()]

    def pause_view(self, request: HttpRequest) -> HttpResponse:
        """Stop all remixing at once, or start it again, with a reason."""
        require_power(request, Power.ADMINISTER)
        paused = services.is_paused()
        form = PauseForm(request.POST if request.method == "POST" else None)
        reach = reach_of_pause() if not paused else Reach([])
        if "resume" not in request.POST:
            with_number(form, reach)
        if form.is_valid():
            # The button names the act: on a stale page, a toggle would do the opposite.
            change = services.resume if "resume" in request.POST else services.pause
            try:
                change(actor=staff_actor(request), reason=form.cleaned_data["reason"])
            except Refused as refused:
                self.message_user(request, refused.sentence, messages.ERROR)
            else:
                resumed, stopped = _("Remixing runs again."), _("Remixing is paused.")
                done = resumed if "resume" in request.POST else stopped
                self.message_user(request, done, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:remixer_pause"), status=303)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Resume remixing") if paused else _("Pause remixing"),
            "opts": self.opts,
            "paused": paused,
            "reach": reach,
            "form": form,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/pause.html", context, status=status)
