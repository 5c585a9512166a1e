"""Memes in the staff admin: read them, take them down, and pause all remixing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.staff import ReasonForm, StaffAdmin, Told, each, reasoned, staff_actor
from remixer import services
from remixer.models import Render


class PauseForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("It stays in the log.")


@admin.register(Render)
class RenderAdmin(StaffAdmin[Render]):
    list_display = ["uuid", "requester", "video", "template", "state", "created_at", "problem"]
    list_filter = ["state", "template"]
    list_select_related = ["requester", "video"]
    search_fields = [
        "requester__username",
        "video__folded_title",
        "=uuid",
        "=video__uuid",
    ]
    search_help_text = _("A username, the title of a video, or an ID.")
    ordering = ["-id"]
    change_list_template = "admin/render_list.html"
    actions = ["takedown"]

    @reasoned(
        _("Take down with a reason"),
        consequence=_(
            "Nobody can see these memes any more. Those that are being made are stopped, and all "
            "their files are deleted. This cannot be undone."
        ),
        button=_("Take down"),
    )
    def takedown(self, rows: list[Render], *, actor: Actor, reason: str) -> Iterator[Told]:
        def take_down(render: Render) -> str:
            if services.takedown(render, actor=actor, reason=reason):
                return gettext("The meme %(id)s is taken down.") % {"id": render.uuid}
            return gettext("The meme %(id)s could not be seen any more: nothing changed.") % {
                "id": render.uuid
            }

        return each(rows, take_down)

    def get_urls(self) -> list[URLPattern]:
        pause = self.admin_site.admin_view(self.pause_view)
        return [path("pause/", pause, name="remixer_pause"), *super().get_urls()]

    def pause_view(self, request: HttpRequest) -> HttpResponse:
        """Stop all remixing at once, or start it again, with a reason."""
        paused = services.is_paused()
        form = PauseForm(request.POST if request.method == "POST" else None)
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
            "form": form,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/pause.html", context, status=status)
