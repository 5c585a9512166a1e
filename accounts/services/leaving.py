"""A person leaves: everything is off at once, and for a few days they can still keep the account.
What happens after that is in accounts.services.erasing."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.services.accounts import end_access, locked
from audit import log
from consent import services as consent
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.letters import tell
from creatorhub.models import Deletion, User
from creatorhub.roles import Power


def ask_for_deletion(user: User, *, actor: Actor, reason: str = "") -> datetime:
    """Turn everything of the account off now, end its sessions and tokens, and have it erased after
    DELETION_DAYS. Asked once more it changes nothing. Returns when it is erased. By the person
    themselves, or by an admin with a reason; not of an account that is staff."""
    _require(user, actor)
    if actor.kind == "staff" and not reason.strip():
        raise Refused(_("Say why: the person reads it."), code="reason_needed")
    if user.is_staff:
        raise Forbidden(
            _("This account is staff. An admin has to take its roles away first."), code="is_staff"
        )
    consent.opt_out(actor=actor, creator=user, reason=reason)
    with transaction.atomic(durable=True):
        account = locked(user)
        if account.deletion:
            return account.erase_after or timezone.now()
        due = timezone.now() + timedelta(days=settings.DELETION_DAYS)
        account.deletion, account.erase_after = Deletion.ASKED, due
        end_access(account)
        account.save(update_fields=["deletion", "erase_after", "access_ended"])
        UserSession.objects.filter(user=account).delete()
        log.append(
            "account.deletion_asked", actor=actor, creator=account, erase_after=due, reason=reason
        )
        _tell_asked(account, actor=actor, due=due, reason=reason)
    # From here on nobody can turn it back on. Between the two somebody could.
    consent.opt_out(actor=actor, creator=user, reason=reason)
    user.deletion, user.erase_after = account.deletion, due
    user.access_ended = account.access_ended
    return due


def keep_account(user: User, *, actor: Actor, reason: str = "") -> None:
    """The account stays, with everything off as it is now: what it allowed before is for the person
    to decide again. By the person themselves or an admin. Raises Conflict where nobody asked for
    the deletion, and where it has begun."""
    _require(user, actor)
    with transaction.atomic(durable=True):
        account = locked(user)
        if account.deletion != Deletion.ASKED:
            raise Conflict(
                _("It is too late: the account is being erased.")
                if account.deletion
                else _("Nobody has asked to delete this account."),
                code="not_leaving",
            )
        account.deletion, account.erase_after = "", None
        account.save(update_fields=["deletion", "erase_after"])
        log.append("account.deletion_cancelled", actor=actor, creator=account, reason=reason)
        tell(
            account,
            subject=_("Your account stays"),
            text=_(
                "Your account is not deleted. Everything is still turned off: on the overview you "
                "decide again what you allow."
            ),
        )
    user.deletion, user.erase_after = "", None


def _require(user: User, actor: Actor) -> None:
    if actor.kind != "staff":
        actor.require(user)
        return
    actor.require_staff(Power.ADMINISTER)
    if actor.is_user(user.uuid):
        raise Forbidden(_("Do this on the page of your own account."), code="own_account")


def _tell_asked(account: User, *, actor: Actor, due: datetime, reason: str) -> None:
    text = _("CreatorHub staff have") if actor.kind == "staff" else _("You have")
    words = {
        "who": text,
        "name": account.username,
        "when": date_format(timezone.localtime(due), "j F Y, H:i"),
    }
    text = _(
        "%(who)s asked to delete the account %(name)s. Everything is turned off now: nobody may "
        "use your videos, memes of them cannot be seen, your sessions and API tokens have ended."
        "\n\n"
        "On %(when)s the account is erased, with all videos, memes and personal data. Until then "
        "you can sign in and keep it, on the page of your account. If it was not you, do that now "
        "and choose another password."
    )
    if reason:
        text = f"{text}\n\n{_('Why: %(reason)s')}"
    tell(
        account,
        subject=_("Your account will be deleted"),
        text=text % {**words, "reason": reason},
    )
