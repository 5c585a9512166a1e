"""Pictures and players of what staff judge, on the pages of the staff admin.

A still picture belongs to the page of its row. To play it asks for the power to moderate and is
written down: the page with the player logs it and gives out the address of the file, which works
for this person and for a few minutes.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core import signing
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.roles import Power
from creatorhub.staff import StaffAdmin, require_power, staff_actor
from library import serving

M = TypeVar("M", bound=Model)
LASTS = 900  # seconds that a player may load its file
SALT = "library.staff.watch"


class WatchAdmin(StaffAdmin[M]):
    """Rows that have a picture and can be played."""

    def picture_key(self, row: M) -> str:
        """The storage key of its still picture; empty if there is none."""
        raise NotImplementedError

    def file_key(self, row: M) -> str:
        """The storage key of its video; empty if there is none."""
        raise NotImplementedError

    def record_watching(self, row: M, *, actor: Actor) -> None:
        """Write down that this member of staff plays it."""
        raise NotImplementedError

    @admin.display(description=_("Picture"))
    def picture(self, row: M) -> str:
        if not self.picture_key(row):
            return gettext("None")
        return format_html('<img class="staff-thumb" src="{}" alt="">', self._url(row, "picture"))

    @admin.display(description=_("Watch"))
    def watch(self, row: M) -> str:
        if not self.file_key(row):
            return gettext("There is no file.")
        return format_html(
            '<a href="{}">{}</a> {}',
            self._url(row, "watch"),
            gettext("Watch it"),
            gettext("(for moderators; it is written in the log)"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:pk>/picture.jpg", view(self.picture_view), name=f"{name}_picture"),
            path("<int:pk>/watch/", view(self.watch_view), name=f"{name}_watch"),
            path("<int:pk>/file.mp4", view(self.file_view), name=f"{name}_file"),
            *super().get_urls(),
        ]

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        require_power(request, self.looking)
        return self._serve(request, self.picture_key(self._row(pk)), "image/jpeg", self.looking)

    def watch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The player. Showing it is the act that the log records."""
        require_power(request, Power.MODERATE)
        row = self._row(pk)
        if not self.file_key(row):
            raise Http404(gettext("There is no file."))
        self.record_watching(row, actor=staff_actor(request))
        ticket = signing.TimestampSigner(salt=SALT).sign(
            f"{request.user.pk} {self.opts.label} {pk}"
        )
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Watch: %(name)s") % {"name": row},
            "opts": self.opts,
            "row": row,
            "back": reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk]
            ),
            "source": f"{self._url(row, 'file')}?ticket={ticket}",
        }
        return TemplateResponse(request, "admin/watch.html", context)

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        require_power(request, Power.MODERATE)
        try:
            signer = signing.TimestampSigner(salt=SALT)
            ticket = signer.unsign(request.GET.get("ticket", ""), max_age=LASTS)
        except signing.BadSignature:
            ticket = ""
        if ticket != f"{request.user.pk} {self.opts.label} {pk}":
            raise Http404(gettext("Open the page of the player again."))
        return self._serve(request, self.file_key(self._row(pk)), "video/mp4", Power.MODERATE)

    def _row(self, pk: int) -> M:
        row = self.model._default_manager.filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def _url(self, row: M, name: str) -> str:
        view = f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(view, args=[quote(row.pk)])

    def _serve(
        self, request: HttpRequest, key: str, content_type: str, power: Power
    ) -> HttpResponseBase:
        if not key:
            raise Http404

        def ask_again() -> None:
            person = User.objects.filter(pk=request.user.pk or 0).first()
            if person is None or power not in person.powers:
                raise Http404

        return serving.serve(request, key, content_type=content_type, ask_again=ask_again)
