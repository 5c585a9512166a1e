"""What staff see of creators, their videos and what they allow, and the little they may do:
turn off, opt out, remove, each with a reason. There is no way here to turn anything on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import selection, services
from consent.models import Consent, ConsentState, Edit, Item, Notice, Terms
from consent.uses import USES, Use, use_of
from consent.wording import reach
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.staff import NoReasonForm, StaffAdmin, Told, each, reasoned, staff_actor
from library.models import Video

M = TypeVar("M", bound=Model)

OPT_OUT = _(
    "Everything is turned off for all videos of these creators: memes in the making stop and "
    "finished ones are hidden at once. What they had allowed stays stored, and only they can turn "
    "it back on."
)
TURN_OFF = _(
    "From now on the answer is no for everybody, and what was made under this permission stops or "
    "is hidden at once. Only the creator can allow it again."
)


def opt_out_all(creators: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
    def opt_out(creator: User) -> str:
        done = services.opt_out(actor=actor, creator=creator, reason=reason)
        if not done.changed:
            return gettext("%(name)s had opted out already.") % {"name": creator.username}
        return gettext("Everything of %(name)s is off. %(reach)s") % {
            "name": creator.username,
            "reach": reach(done.stopped, done.taken_down),
        }

    return each(creators, opt_out)


def turn_off_videos(videos: list[Video], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
    """One edit for each creator, of the videos that are not removed: those allow nothing."""
    by_creator: dict[User, list[UUID]] = defaultdict(list)
    for video in videos:
        if video.removed_at:
            yield gettext("“%(title)s” is removed: nothing of it is allowed.") % {
                "title": video.title
            }
        else:
            by_creator[video.owner].append(video.uuid)

    def turn_off(creator: User) -> str:
        ids = by_creator[creator]
        return _summary(
            services.turn_off(actor=actor, creator=creator, use=use, ids=ids, reason=reason)
        )

    yield from each(by_creator, turn_off)


def turn_off_all(creators: list[User], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
    """Of all videos that each of them has now, however many."""

    def turn_off(creator: User) -> str:
        if not Video.objects.owned_by(creator).exists():
            return gettext("%(name)s has no videos.") % {"name": creator.username}
        everything = selection.everything(creator)
        return _summary(
            services.turn_off(
                actor=actor, creator=creator, use=use, matching=everything, reason=reason
            )
        )

    return each(creators, turn_off)


def _summary(edit: Edit) -> str:
    words = {
        "use": use_of(edit.use).label,
        "name": edit.creator.username,
        "changed": f"{edit.changed:,}",
        "already": f"{edit.already:,}",
    }
    if edit.is_live:
        sentence = gettext(
            "%(use)s of %(name)s is off for all that was selected. It is being written down for "
            "each video."
        )
    else:
        sentence = gettext("%(use)s of %(name)s: %(changed)s turned off, %(already)s off already.")
    reached = f" {reach(edit.stopped, edit.taken_down)}" if edit.stopped or edit.taken_down else ""
    return f"{sentence % words}{reached}"


class TurnOffAdmin(StaffAdmin[M]):
    """Rows with one action for each use, `turn_off_<use>`, which calls `turn_off`."""

    def turn_off(self, rows: list[M], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        raise NotImplementedError

    turn_off_label = _("Turn off %(use)s with a reason")
    turn_off_consequence = TURN_OFF

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = dict(super().get_actions(request))
        for use in USES.values() if actions else ():
            action = self._action(use)
            name = f"turn_off_{use.id}"
            actions[name] = (action, name, action.short_description)
        return actions

    def _action(self, use: Use) -> Any:
        def act(
            page: TurnOffAdmin[M], rows: list[M], *, actor: Actor, reason: str
        ) -> Iterator[Told]:
            yield from page.turn_off(rows, use.id, actor=actor, reason=reason)

        act.__name__ = f"turn_off_{use.id}"
        label = str(self.turn_off_label) % {"use": use.label}
        consequence = str(self.turn_off_consequence)
        return reasoned(label, consequence=consequence, button=gettext("Turn off"))(act)


@admin.register(ConsentState)
class ConsentStateAdmin(StaffAdmin[ConsentState]):
    list_display = ["creator", "opted_out", "version", "changed_at"]
    list_filter = ["opted_out"]
    list_select_related = ["creator"]
    search_fields = ["creator__username", "=creator__uuid"]
    actions = ["opt_out"]

    @reasoned(_("Opt out with a reason"), consequence=OPT_OUT, button=_("Turn everything off"))
    def opt_out(self, rows: list[ConsentState], *, actor: Actor, reason: str) -> Iterator[Told]:
        return opt_out_all([row.creator for row in rows], actor=actor, reason=reason)


@admin.register(Video)
class VideoAdmin(TurnOffAdmin[Video]):
    list_display = ["title", "owner", "collection", "status", "created_at", "removed_at"]
    list_filter = ["status", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["owner"]
    search_fields = ["folded_title", "owner__username", "=uuid"]
    search_help_text = _("A title, a username, or the id of a video.")
    ordering = ["-id"]
    actions = ["remove"]

    @reasoned(
        _("Remove with a reason"),
        consequence=_(
            "The files of these videos are deleted, and every meme made from them is taken down. "
            "This cannot be undone."
        ),
        button=_("Remove"),
    )
    def remove(self, rows: list[Video], *, actor: Actor, reason: str) -> Iterator[Told]:
        def remove(video: Video) -> str:
            if video.removed_at:
                return gettext("“%(title)s” was removed already.") % {"title": video.title}
            services.remove_video(video, actor=actor, reason=reason)
            return gettext("“%(title)s” is removed.") % {"title": video.title}

        return each(rows, remove)

    def turn_off(self, rows: list[Video], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        return turn_off_videos(rows, use, actor=actor, reason=reason)


@admin.register(Consent)
class ConsentAdmin(StaffAdmin[Consent]):
    list_display = ["video", "creator", "use", "state", "version", "changed_at"]
    list_filter = ["use", ("terms", admin.EmptyFieldListFilter)]
    list_select_related = ["video", "creator", "terms"]
    search_fields = ["video__folded_title", "creator__username", "=video__uuid"]
    ordering = ["-id"]
    actions = ["turn_off"]

    @admin.display(description=_("State"), ordering="terms")
    def state(self, consent: Consent) -> str:
        return str(consent.terms) if consent.terms else "off"

    @reasoned(_("Turn off with a reason"), consequence=TURN_OFF, button=_("Turn off"))
    def turn_off(self, rows: list[Consent], *, actor: Actor, reason: str) -> Iterator[Told]:
        for use in USES:
            videos = [row.video for row in rows if row.use == use]
            yield from turn_off_videos(videos, use, actor=actor, reason=reason)


@admin.register(Terms)
class TermsAdmin(StaffAdmin[Terms]):
    list_display = ["use", "notice", "audience", "mode", "until"]
    list_filter = ["use"]
    list_select_related = ["notice"]


@admin.register(Edit)
class EditAdmin(StaffAdmin[Edit]):
    list_display = [
        *("uuid", "creator", "actor", "use", "change", "status"),
        *("selected", "changed", "created_at"),
    ]
    list_filter = ["status", "change", "use"]
    list_select_related = ["creator"]
    exclude = ["matching", "cursor"]
    search_fields = ["creator__username", "=uuid", "actor"]
    ordering = ["-id"]
    readonly_fields = ["items"]

    @admin.display(description=_("Videos"))
    def items(self, edit: Edit) -> str:
        return format_html(
            '<a href="{}?q={}">{}</a>',
            reverse("admin:consent_item_changelist"),
            edit.uuid,
            gettext("The videos of this edit, one by one"),
        )


@admin.register(Item)
class ItemAdmin(StaffAdmin[Item]):
    list_display = ["video", "edit", "before", "after", "result_label", "reason"]
    list_filter = ["outcome"]
    list_select_related = ["video", "edit", "before", "after"]
    search_fields = ["=edit__uuid", "=video__uuid"]
    search_help_text = _("The id of an edit or of a video.")
    ordering = ["-id"]


class NoticeForm(forms.ModelForm[Notice]):
    class Meta:
        model = Notice
        fields = ["use", "language", "title", "text", "material"]


@admin.register(Notice)
class NoticeAdmin(StaffAdmin[Notice]):
    """A draft may be written and rewritten; what is published stands as it is."""

    form = NoticeForm
    list_display = ["title", "use", "version", "language", "material", "published_at"]
    list_filter = ["use", "language", ("published_at", admin.EmptyFieldListFilter)]
    fields = ["use", "language", "title", "text", "material", "version", "published_at"]
    readonly_fields = ["version", "published_at"]
    actions = ["publish"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_draft = obj is None or obj.published_at is None
        return is_draft and self.admin_site.has_permission(request)

    def save_model(
        self,
        request: HttpRequest,
        obj: Notice,
        form: forms.ModelForm[Notice],
        change: bool,  # noqa: FBT001
    ) -> None:
        services.write_notice(obj, actor=staff_actor(request))

    @reasoned(
        _("Publish"),
        consequence=_(
            "From now on, who allows this use agrees to this text, and it can never be changed. "
            "If the revision is material, every permission given under an older text lapses."
        ),
        button=_("Publish"),
        form_class=NoReasonForm,
    )
    def publish(self, rows: list[Notice], *, actor: Actor) -> Iterator[Told]:
        def publish(notice: Notice) -> str:
            services.publish_notice(notice, actor=actor)
            return gettext("“%(title)s” is published.") % {"title": notice.title}

        return each(rows, publish)
