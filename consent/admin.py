"""What staff see of creators, their videos and what they allow, and the little they may do:
turn off, hold, opt out, remove, each with a reason. There is no way here to turn anything on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.staff import ActorAdmin
from consent import querysets, selection, services, touched
from consent.models import Consent, ConsentState, Edit, Hold, Item, Notice, Terms
from consent.uses import USES, Use, use_of
from consent.wording import REASON_LABELS, reach
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.roles import Power
from creatorhub.staff import (
    NoReasonForm,
    Reach,
    StaffAdmin,
    Told,
    each,
    may,
    reasoned,
    staff_actor,
    whether,
)
from library import services as library
from library.models import Video
from library.staff import WatchAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=Model)

OPT_OUT = _(
    "Everything is turned off for all videos of these creators: memes in the making stop and "
    "finished ones are taken down for good, with those that are hidden. What they had allowed "
    "stays stored, and only they can turn it back on."
)
TURN_OFF = _(
    "From now on the answer is no for everybody. Memes in the making stop, and finished ones are "
    "taken down for good, with those that are hidden. Only the creator can allow it again, which "
    "brings no meme back."
)


HOLD = _(
    "From now on the answer is no for everybody, memes being made stop, and finished ones are "
    "hidden. Files and what the creator allows stay as they are. The creator is told why by mail, "
    "and can ask for another look; only staff can lift it."
)


def reach_of_creators(creators: list[User]) -> Reach:
    return touched.of_creators(creators, of=gettext("videos of these creators"))


def reach_of_videos(videos: list[Video], *, final: bool = False) -> Reach:
    """The number is typed where it is not one, or where it cannot be undone."""
    lines, number = touched.of_videos(videos), len(videos)
    typed = number if number > 1 or final else None
    return Reach(lines, number=typed, of=gettext("videos that you chose"))


def opt_out_all(creators: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
    def opt_out(creator: User) -> str:
        done = services.opt_out(actor=actor, creator=creator, reason=reason)
        if not done.changed:
            return gettext("%(name)s had opted out already.") % {"name": creator.username}
        told = gettext("Everything of %(name)s is off. %(reach)s") % {
            "name": creator.username,
            "reach": reach(done.stopped, done.taken_down, by=str(actor)),
        }
        return told.rstrip()

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
    return f"{sentence % words} {reach(edit.stopped, edit.taken_down, by=edit.actor)}".rstrip()


def hold_videos(videos: list[Video], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
    """One act for each creator."""
    by_creator: dict[User, list[Video]] = defaultdict(list)
    for video in videos:
        by_creator[video.owner].append(video)

    def hold(creator: User) -> str:
        theirs = by_creator[creator]
        held = services.hold(actor=actor, creator=creator, use=use, videos=theirs, reason=reason)
        return _held(held, creator, use, asked=len(theirs))

    yield from each(by_creator, hold)


def hold_all(creators: list[User], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
    """Everything of each of them, also what they upload later."""

    def hold(creator: User) -> str:
        held = services.hold(actor=actor, creator=creator, use=use, videos=None, reason=reason)
        return _held(held, creator, use, asked=1)

    return each(creators, hold)


def _held(held: services.Held, creator: User, use: str, *, asked: int) -> str:
    words = {
        "use": use_of(use).label,
        "name": creator.username,
        "placed": f"{len(held.holds):,}",
        "already": f"{asked - len(held.holds):,}",
        "stopped": f"{held.stopped:,}",
        "hidden": f"{held.hidden:,}",
    }
    if not held.holds:
        return gettext("%(use)s of %(name)s was on hold already.") % words
    sentence = gettext("%(use)s of %(name)s: %(placed)s put on hold, %(already)s on hold already.")
    reached = gettext("Stopped: %(stopped)s. Hidden memes: %(hidden)s.")
    return f"{sentence} {reached}" % words


class PerUse(NamedTuple):
    """An action that each use has, `<verb>_<use>`, and that calls the method `verb`."""

    verb: str
    label: StrOrPromise
    consequence: StrOrPromise
    button: StrOrPromise


class TurnOffAdmin(StaffAdmin[M]):
    """Rows with two actions for each use: `turn_off_<use>` and `hold_<use>`."""

    per_use = (
        PerUse("turn_off", _("Turn off %(use)s with a reason"), TURN_OFF, _("Turn off")),
        PerUse("hold", _("Hold %(use)s with a reason"), HOLD, _("Hold")),
    )

    def turn_off(self, rows: list[M], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        raise NotImplementedError

    def hold(self, rows: list[M], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        raise NotImplementedError

    def reach(self, rows: list[M]) -> Reach:
        raise NotImplementedError

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = dict(super().get_actions(request))
        if self.has_view_permission(request) and may(request, Power.MODERATE):
            for kind in self.per_use:
                for use in USES.values():
                    action = self._action(kind, use)
                    name = action.__name__
                    actions[name] = (action, name, action.short_description)
        return actions

    def _action(self, kind: PerUse, use: Use) -> Any:
        def act(
            page: TurnOffAdmin[M], rows: list[M], *, actor: Actor, reason: str
        ) -> Iterator[Told]:
            yield from getattr(page, kind.verb)(rows, use.id, actor=actor, reason=reason)

        act.__name__ = f"{kind.verb}_{use.id}"
        label = str(kind.label) % {"use": use.label}
        return reasoned(label, consequence=kind.consequence, button=kind.button, reach=self.reach)(
            act
        )


@admin.register(ConsentState)
class ConsentStateAdmin(ActorAdmin[ConsentState]):
    list_display = ["creator", "opted_out", "version", "changed_at"]
    fields = [
        *("creator", "opted_out", "opted_out_at", "by_whom", "opted_out_reason"),
        *("changed_at", "version", "withdrawn_version"),
    ]
    readonly_fields = ["by_whom"]
    list_filter = ["opted_out"]
    list_select_related = ["creator"]
    search_fields = ["creator__username", "=creator__uuid"]
    actions = ["opt_out"]

    @admin.display(description=_("Opted out by"))
    def by_whom(self, state: ConsentState) -> str:
        return self.name_of(state, "opted_out_by")

    @reasoned(
        _("Opt out with a reason"),
        consequence=OPT_OUT,
        button=_("Turn everything off"),
        reach=lambda rows: reach_of_creators([row.creator for row in rows]),
    )
    def opt_out(self, rows: list[ConsentState], *, actor: Actor, reason: str) -> Iterator[Told]:
        return opt_out_all([row.creator for row in rows], actor=actor, reason=reason)


@admin.register(Video)
class VideoAdmin(WatchAdmin[Video], TurnOffAdmin[Video]):
    list_display = ["picture", "title", "owner", "collection", "status", "created_at", "removed_at"]
    list_filter = [
        "status",
        whether("removed_at", _("removal"), unset=_("Not removed"), is_set=_("Removed")),
    ]
    acting = ("watch",)
    list_select_related = ["owner"]
    search_fields = ["folded_title", "owner__username", "=uuid"]
    search_help_text = _("A title, a username, or the id of a video.")
    list_display_links = ["title"]
    ordering = ["-id"]
    fields = [
        *("picture", "watch", "title", "collection", "by", "decisions", "what_hangs_on_it"),
        *("status", "problem", "duration", "created_at", "removed_at", "original_name", "uuid"),
    ]
    readonly_fields = ["picture", "watch", "by", "decisions", "what_hangs_on_it", "duration"]
    actions = ["remove"]

    def picture_key(self, row: Video) -> str:
        return row.small_picture_key

    def file_key(self, row: Video) -> str:
        return row.mezzanine_key

    def record_watching(self, row: Video, *, actor: Actor) -> None:
        library.record_watching(row, actor=actor)

    @admin.display(description=_("By"))
    def by(self, video: Video) -> str:
        page = reverse("admin:creatorhub_user_change", args=[video.owner.pk])
        return format_html('<a href="{}">{}</a>', page, video.owner.username)

    @admin.display(description=_("What may be done with it"))
    def decisions(self, video: Video) -> str:
        said = ((use.label, querysets.ruling(video, use.id).reason) for use in USES.values())
        return format_html_join("", "<div>{}: {}</div>", said)

    @admin.display(description=_("What hangs on it"))
    def what_hangs_on_it(self, video: Video) -> str:
        memes = reverse("admin:remixer_render_changelist")
        reports = reverse("admin:remixer_report_changelist")
        return format_html(
            '{} · <a href="{}?q={}">{}</a> · <a href="{}?queue=all&amp;q={}">{}</a>',
            "; ".join(touched.of_videos([video])[1:]),
            *(memes, video.uuid, gettext("its memes")),
            *(reports, video.uuid, gettext("reports about it")),
        )

    @reasoned(
        _("Remove with a reason"),
        consequence=_(
            "The files of these videos are deleted, and every meme made from them is taken down. "
            "This cannot be undone."
        ),
        button=_("Remove"),
        reach=lambda rows: reach_of_videos(rows, final=True),
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

    def hold(self, rows: list[Video], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        return hold_videos(rows, use, actor=actor, reason=reason)

    def reach(self, rows: list[Video]) -> Reach:
        return reach_of_videos(rows)


def _lift_of(
    holds: dict[User, list[Hold]], use: str, *, actor: Actor, reason: str
) -> Callable[[User], str]:
    def lift(creator: User) -> str:
        lifted = services.lift(holds[creator], actor=actor, reason=reason)
        return gettext("%(use)s of %(name)s: %(count)s lifted.") % {
            "use": use_of(use).label,
            "name": creator.username,
            "count": f"{lifted:,}",
        }

    return lift


@admin.register(Hold)
class HoldAdmin(ActorAdmin[Hold]):
    actor_fields = ("by",)
    list_display = ["placed_at", "use", "creator", "what", "reason", "by_whom", "lifted_at"]
    list_filter = [
        "use",
        whether("lifted_at", _("state"), unset=_("On hold now"), is_set=_("Lifted")),
    ]
    list_select_related = ["creator", "video"]
    search_fields = ["creator__username", "video__folded_title", "=uuid", "=video__uuid"]
    search_help_text = _("A username, the title of a video, or an ID.")
    ordering = ["-id"]
    fields = [
        *("uuid", "use", "creator", "what", "reason", "by_whom", "placed_at"),
        *("lifted_at", "lifted_by_whom", "lifted_reason"),
    ]
    readonly_fields = ["what", "by_whom", "lifted_by_whom"]
    actions = ["lift"]

    @admin.display(description=_("What"))
    def what(self, hold: Hold) -> str:
        return hold.video.title if hold.video else gettext("Everything of this creator")

    @admin.display(description=_("By"))
    def by_whom(self, hold: Hold) -> str:
        return self.name_of(hold, "by")

    @admin.display(description=_("Lifted by"))
    def lifted_by_whom(self, hold: Hold) -> str:
        return self.name_of(hold, "lifted_by")

    @reasoned(
        _("Lift with a reason"),
        consequence=_(
            "What the creators allow counts again, as it is by now, and their memes are shown "
            "again. Nothing is turned on that they have not allowed themselves."
        ),
        button=_("Lift"),
    )
    def lift(self, rows: list[Hold], *, actor: Actor, reason: str) -> Iterator[Told]:
        for use in USES:
            together: dict[User, list[Hold]] = defaultdict(list)
            for row in rows:
                if row.use == use:
                    together[row.creator].append(row)
            yield from each(together, _lift_of(together, use, actor=actor, reason=reason))


@admin.register(Consent)
class ConsentAdmin(StaffAdmin[Consent]):
    list_display = ["video", "creator", "use", "state", "version", "changed_at"]
    list_filter = [
        "use",
        whether("terms", _("state"), unset=_("Off"), is_set=_("Allowed")),
    ]
    fields = [
        "video",
        "creator",
        "use",
        "state",
        "changed_at",
        "edit",
        "version",
        "withdrawn_version",
    ]
    readonly_fields = ["state"]
    list_select_related = ["video", "creator", "terms"]
    search_fields = ["video__folded_title", "creator__username", "=video__uuid"]
    ordering = ["-id"]
    actions = ["turn_off"]

    @admin.display(description=_("State"), ordering="terms")
    def state(self, consent: Consent) -> str:
        return str(consent.terms) if consent.terms else gettext("Off")

    @reasoned(
        _("Turn off with a reason"),
        consequence=TURN_OFF,
        button=_("Turn off"),
        reach=lambda rows: reach_of_videos([row.video for row in rows]),
    )
    def turn_off(self, rows: list[Consent], *, actor: Actor, reason: str) -> Iterator[Told]:
        for use in USES:
            videos = [row.video for row in rows if row.use == use]
            yield from turn_off_videos(videos, use, actor=actor, reason=reason)


@admin.register(Terms)
class TermsAdmin(StaffAdmin[Terms]):
    looking = Power.ENTER
    list_display = ["use", "notice", "audience", "mode", "until"]
    list_filter = ["use"]
    list_select_related = ["notice"]


@admin.register(Edit)
class EditAdmin(ActorAdmin[Edit]):
    actor_fields = ("actor",)
    list_display = [
        *("created_at", "creator", "by_whom", "use", "change", "status"),
        *("selected", "changed"),
    ]
    fields = [
        *("creator", "by_whom", "use", "change", "terms", "keeps_ends", "reason", "status"),
        *("selected", "will_change", "changed", "already", "superseded", "not_eligible"),
        *("stopped", "taken_down", "restored", "created_at", "applied_at", "undoes"),
        *("items", "uuid"),
    ]
    list_filter = ["status", "change", "use"]
    list_select_related = ["creator"]
    search_fields = ["creator__username", "=uuid", "actor"]
    ordering = ["-id"]
    readonly_fields = ["by_whom", "items"]

    @admin.display(description=_("By"))
    def by_whom(self, edit: Edit) -> str:
        return self.name_of(edit, "actor")

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
    list_display = ["video", "edit", "before", "after", "result", "why_not"]
    list_filter = ["outcome"]
    list_select_related = ["video", "edit", "before", "after"]
    fields = ["video", "edit", "before", "after", "result", "why_not"]
    readonly_fields = ["result", "why_not"]
    search_fields = ["=edit__uuid", "=video__uuid"]
    search_help_text = _("The id of an edit or of a video.")
    ordering = ["-id"]

    @admin.display(description=_("Result"))
    def result(self, item: Item) -> str:
        return item.result_label

    @admin.display(description=_("Why not"))
    def why_not(self, item: Item) -> str:
        return str(REASON_LABELS.get(item.reason, item.reason))


class NoticeForm(forms.ModelForm[Notice]):
    class Meta:
        model = Notice
        fields = ["use", "language", "title", "text", "material"]


@admin.register(Notice)
class NoticeAdmin(StaffAdmin[Notice]):
    """A draft may be written and rewritten; what is published stands as it is."""

    looking = Power.ENTER
    form = NoticeForm
    list_display = ["title", "use", "version", "language", "material", "published_at"]
    list_filter = [
        "use",
        "language",
        whether("published_at", _("state"), unset=_("Draft"), is_set=_("Published")),
    ]
    fields = ["use", "language", "title", "text", "material", "version", "published_at"]
    readonly_fields = ["version", "published_at"]
    actions = ["publish"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Power.WRITE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_draft = obj is None or obj.published_at is None
        return is_draft and may(request, Power.WRITE)

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
        power=Power.WRITE,
        reach=touched.of_notices,
    )
    def publish(self, rows: list[Notice], *, actor: Actor) -> Iterator[Told]:
        def publish(notice: Notice) -> str:
            services.publish_notice(notice, actor=actor)
            return gettext("“%(title)s” is published.") % {"title": notice.title}

        return each(rows, publish)
