"""Accounts, for staff: to look at, to deactivate and reactivate, and to turn everything of one
off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import services
from consent.admin import (
    HOLD,
    OPT_OUT,
    TURN_OFF,
    PerUse,
    TurnOffAdmin,
    hold_all,
    opt_out_all,
    reach_of_creators,
    turn_off_all,
)
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.roles import Power, Role, roles_of
from creatorhub.staff import Reach, ReasonForm, Told, each, reasoned, staff_actor
from library import services as library


class RolesForm(ReasonForm):
    roles = forms.MultipleChoiceField(
        choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["roles", "reason"]


def _reach_of_deletion(rows: list[User]) -> Reach:
    videos = [library.video_count(user) for user in rows]
    lines = [
        ngettext("%(name)s: %(count)s video", "%(name)s: %(count)s videos", count)
        % {"name": user.username, "count": f"{count:,}"}
        for user, count in zip(rows, videos, strict=True)
    ]
    return Reach(lines, number=sum(videos), of=gettext("videos that go with them"))


@admin.register(User)
class CreatorAdmin(TurnOffAdmin[User]):
    list_display = [
        "username",
        "display_name",
        "email",
        "is_verified",
        "is_active",
        "is_staff",
        "date_joined",
    ]
    list_filter = ["is_active", "is_staff", "deletion", "consent_state__opted_out"]
    search_fields = ["username", "folded_name", "email", "=uuid"]
    search_help_text = _("A name, an e-mail address, or the id of an account.")
    ordering = ["-id"]
    readonly_fields = ["is_verified", "roles", "deletion", "erase_after"]
    fields = [
        "username",
        "display_name",
        "email",
        "is_verified",
        "uuid",
        "time_zone",
        "is_active",
        "deletion",
        "erase_after",
        "is_staff",
        "roles",
        "is_superuser",
        "last_login",
        "date_joined",
    ]
    actions = [
        "opt_out",
        "deactivate",
        "reactivate",
        "change_roles",
        "delete_accounts",
        "keep_accounts",
    ]
    per_use = (
        PerUse(
            "turn_off",
            _("Turn off %(use)s of all their videos with a reason"),
            format_lazy("{} {}", _("For every video that these creators have now."), TURN_OFF),
            _("Turn off"),
        ),
        PerUse(
            "hold",
            _("Hold %(use)s of everything of theirs with a reason"),
            format_lazy("{} {}", _("For all their videos, also those to come."), HOLD),
            _("Hold"),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        confirmed = EmailAddress.objects.filter(
            user=OuterRef("pk"), email=Lower(OuterRef("email")), verified=True
        )
        return super().get_queryset(request).annotate(verified=Exists(confirmed))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """By an address: first the account that has it confirmed, then those that claim it."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if "@" in search_term:
            found = found.order_by(F("verified").desc(), *found.query.order_by)
        return found, duplicates

    @admin.display(description=_("Address confirmed"), boolean=True)
    def is_verified(self, user: User) -> bool:
        return bool(user.verified)  # type: ignore[attr-defined]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What staff read of a person is in that person's record."""
        answer = super().change_view(request, object_id, form_url, extra_context)
        person = self.get_object(request, unquote(object_id))
        if person and answer.status_code == 200 and person != request.user:
            services.record_reading(person, actor=staff_actor(request))
        return answer

    @reasoned(
        _("Opt out with a reason"),
        consequence=OPT_OUT,
        button=_("Turn everything off"),
        reach=reach_of_creators,
    )
    def opt_out(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        return opt_out_all(rows, actor=actor, reason=reason)

    def turn_off(self, rows: list[User], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        return turn_off_all(rows, use, actor=actor, reason=reason)

    def hold(self, rows: list[User], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        return hold_all(rows, use, actor=actor, reason=reason)

    def reach(self, rows: list[User]) -> Reach:
        return reach_of_creators(rows)

    @reasoned(
        _("Deactivate with a reason"),
        consequence=_(
            "These people are signed out and cannot sign in, nor can their API tokens be used. "
            "What they allowed stays as it is: opt them out as well if it should not."
        ),
        button=_("Deactivate"),
        reach=lambda rows: Reach([], number=len(rows), of=gettext("accounts that you chose")),
    )
    def deactivate(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        def deactivate(user: User) -> str:
            if services.deactivate(user, actor=actor, reason=reason):
                return gettext("%(name)s is deactivated.") % {"name": user.username}
            return gettext("%(name)s was deactivated already.") % {"name": user.username}

        return each(rows, deactivate)

    @reasoned(
        _("Reactivate with a reason"),
        consequence=_("These people can sign in again. What they allow does not change."),
        button=_("Reactivate"),
    )
    def reactivate(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        def reactivate(user: User) -> str:
            if services.reactivate(user, actor=actor, reason=reason):
                return gettext("%(name)s can sign in again.") % {"name": user.username}
            return gettext("%(name)s could sign in already.") % {"name": user.username}

        return each(rows, reactivate)

    @reasoned(
        _("Change roles with a reason"),
        consequence=_(
            "These people get exactly the roles that you tick; without any they are not staff any "
            "more. It counts from their next click."
        ),
        button=_("Change roles"),
        form_class=RolesForm,
        power=Power.ADMINISTER,
        reach=lambda rows: Reach(
            [
                f"{user.username}: {', '.join(roles_of(user)) or gettext('no role')}"
                for user in rows
            ],
            number=len(rows),
            of=gettext("accounts that you chose"),
        ),
    )
    def change_roles(
        self, rows: list[User], *, actor: Actor, roles: list[str], reason: str
    ) -> Iterator[Told]:
        def change(user: User) -> str:
            changed = services.set_roles(user, actor=actor, roles=roles, reason=reason)
            words = {"name": user.username, "roles": ", ".join(roles) or gettext("no role")}
            if changed:
                return gettext("%(name)s: %(roles)s from now on.") % words
            return gettext("%(name)s: %(roles)s, as before.") % words

        return each(rows, change)

    @reasoned(
        _("Delete accounts with a reason"),
        consequence=_(
            "Everything of these people is turned off now, and they are signed out. After the days "
            "in which they can still keep the account, it is erased with all videos, memes and "
            "personal data. Nobody can bring it back, and nobody can make it faster."
        ),
        button=_("Delete accounts"),
        power=Power.ADMINISTER,
        reach=_reach_of_deletion,
    )
    def delete_accounts(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        def delete(user: User) -> str:
            due = services.ask_for_deletion(user, actor=actor, reason=reason)
            words = {"name": user.username, "when": date_format(localtime(due), "j F Y, H:i")}
            return gettext("%(name)s is erased on %(when)s.") % words

        return each(rows, delete)

    @reasoned(
        _("Keep accounts after all, with a reason"),
        consequence=_("These accounts are not deleted. What they allowed stays turned off."),
        button=_("Keep accounts"),
        power=Power.ADMINISTER,
    )
    def keep_accounts(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        def keep(user: User) -> str:
            services.keep_account(user, actor=actor, reason=reason)
            return gettext("%(name)s stays.") % {"name": user.username}

        return each(rows, keep)

    @admin.display(description=_("Roles"))
    def roles(self, user: User) -> str:
        return ", ".join(roles_of(user))
