"""Accounts, for staff: to look at, to deactivate and reactivate, and to turn everything of one
off."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import services
from consent.admin import OPT_OUT, TURN_OFF, TurnOffAdmin, opt_out_all, turn_off_all
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.staff import Told, each, reasoned


@admin.register(User)
class CreatorAdmin(TurnOffAdmin[User]):
    list_display = ["username", "display_name", "email", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff", "consent_state__opted_out"]
    search_fields = ["username", "folded_name", "email", "=uuid"]
    search_help_text = _("A name, an e-mail address, or the id of an account.")
    ordering = ["-id"]
    fields = [
        "username",
        "display_name",
        "email",
        "uuid",
        "time_zone",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
        "date_joined",
    ]
    actions = ["opt_out", "deactivate", "reactivate"]
    turn_off_label = _("Turn off %(use)s of all their videos with a reason")
    turn_off_consequence = format_lazy(
        "{} {}", _("For every video that these creators have now."), TURN_OFF
    )

    @reasoned(_("Opt out with a reason"), consequence=OPT_OUT, button=_("Turn everything off"))
    def opt_out(self, rows: list[User], *, actor: Actor, reason: str) -> Iterator[Told]:
        return opt_out_all(rows, actor=actor, reason=reason)

    def turn_off(self, rows: list[User], use: str, *, actor: Actor, reason: str) -> Iterator[Told]:
        return turn_off_all(rows, use, actor=actor, reason=reason)

    @reasoned(
        _("Deactivate with a reason"),
        consequence=_(
            "These people are signed out and cannot sign in, nor can their API tokens be used. "
            "What they allowed stays as it is: opt them out as well if it should not."
        ),
        button=_("Deactivate"),
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
