"""The row of an account: opening, name and time zone, password, staff's acts. Each service is one
durable transaction that locks the account's row first and writes the log last."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Token
from accounts.services.names import keep_apart, looks_like_another
from audit import log
from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.lookalikes import skeleton
from creatorhub.models import GONE, User
from creatorhub.roles import Power, Role, roles_of
from creatorhub.shown import merged
from creatorhub.texts import line
from creatorhub.usernames import username_key


def open_account(
    username: str, *, email: str, password: str, display_name: str, role: str = ""
) -> tuple[User, bool]:
    """The account with that username, and whether it was made now; one that exists stays as it is.
    The e-mail address counts as confirmed. With a `role` the account is staff. Writes no event: a
    sign-up writes none either."""
    with transaction.atomic(durable=True):
        existing = User.objects.filter(username_key=username_key(username)).first()
        if existing:
            return existing, False
        user = User.objects.create_user(
            username,
            email,
            password,
            display_name=display_name,
            is_staff=bool(role),
        )
        if role:
            _give(user, [role])
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user, True


def deactivate(user: User, *, actor: Actor, reason: str) -> bool:
    """Sessions and tokens of the account end at once, for good; what it allows stays as it is.
    False if it was not active. Only moderators, and not for their own account; of staff only an
    admin, and of an admin nobody, until they are none any more."""
    if actor.is_user(user.uuid):
        raise Forbidden(_("You cannot deactivate your own account."), code="own_account")
    if user.is_superuser or Role.ADMIN in roles_of(user):
        raise Forbidden(
            _("An admin cannot be deactivated. Take the role away first."), code="is_an_admin"
        )
    return _set_active(user, is_active=False, actor=actor, reason=reason)


def reactivate(user: User, *, actor: Actor, reason: str) -> bool:
    """The person can sign in again; what ended stays ended. False if the account was active. Only
    staff."""
    return _set_active(user, is_active=True, actor=actor, reason=reason)


def _set_active(user: User, *, is_active: bool, actor: Actor, reason: str) -> bool:
    actor.require_staff(Power.ADMINISTER if user.is_staff else Power.MODERATE)
    with transaction.atomic(durable=True):
        account = locked(user)
        _require_there(account)
        if account.is_active == is_active:
            return False
        account.is_active = is_active
        if not is_active:
            end_access(account)
        account.save(update_fields=["is_active", "access_ended"])
        action = "account.reactivated" if is_active else "account.deactivated"
        log.append(action, actor=actor, creator=account, reason=reason)
    return True


def set_roles(user: User, *, actor: Actor, roles: Collection[str], reason: str) -> bool:
    """Give the account exactly these roles; without any it is not staff. False, and nothing is
    written, if it had them. By an admin, and not for their own account or a superuser's; or by
    `manage.py staff_role`."""
    if actor.kind != "system":
        actor.require_staff(Power.ADMINISTER)
        if actor.is_user(user.uuid):
            raise Forbidden(_("You cannot change your own roles."), code="own_account")
        if user.is_superuser:
            raise Forbidden(
                _("This account has every right by itself. Only `manage.py` can change that."),
                code="is_superuser",
            )
    if unknown := set(roles) - set(Role.values):
        raise Refused(
            _("There is no role %(name)s.") % {"name": ", ".join(sorted(unknown))},
            code="unknown_role",
        )
    with transaction.atomic(durable=True):
        account = locked(user)
        _require_there(account)
        before = roles_of(account)
        if before == sorted(roles) and account.is_staff == bool(roles):
            return False
        _give(account, roles)
        account.is_staff = bool(roles) or account.is_superuser
        account.save(update_fields=["is_staff"])
        log.append(
            "account.roles_changed",
            actor=actor,
            creator=account,
            before=before,
            after=sorted(roles),
            reason=reason,
        )
    return True


def _require_there(account: User) -> None:
    """Raises Conflict for an account that is erased, or is being erased: nothing more is said about
    the person."""
    if account.deletion in GONE:
        raise Conflict(_("This account is erased. Nothing can be done with it."), code="erased")


def _give(account: User, roles: Collection[str]) -> None:
    groups = [Group.objects.get_or_create(name=name)[0] for name in roles]
    account.groups.set(groups)


def update_profile(
    user: User,
    *,
    actor: Actor,
    display_name: str,
    time_zone: str,
    shown: Mapping[str, str] | None = None,
) -> bool:
    """Change the name that others see (empty: the username) and the zone of times on pages. False,
    and no event, if they were the same. Only the person themselves. What equals what was `shown`
    stays as it is now; raises ChangedMeanwhile where both changed, and Refused for a name that
    looks like somebody else's."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = locked(user)
        now = {"display_name": account.display_name, "time_zone": account.time_zone}
        sent = {"display_name": line(display_name), "time_zone": time_zone}
        new = merged(now, sent, shown)
        if new == now:
            return False
        if new["display_name"] != now["display_name"]:
            _rename(account, new["display_name"])
        account.time_zone = new["time_zone"]
        fields = ["display_name", "display_skeleton", "folded_name", "time_zone"]
        account.save(update_fields=fields)
        log.append("account.updated", actor=actor, creator=account)
    return True


def _rename(account: User, name: str) -> None:
    """Raises Refused for a display name that looks like somebody else's name."""
    if name:
        keep_apart(name)
        if looks_like_another(name, but=account):
            raise Refused(
                _("This name looks like the name of somebody else. Choose another one."),
                code="looks_like_another",
                status=422,
            )
    account.display_name, account.display_skeleton = name, skeleton(name) or None


def set_password(user: User, password: str, *, actor: Actor) -> None:
    """Give the account another password. All its tokens and sessions end; Django lets the session
    that changed it continue. The caller has checked who asks, and the password."""
    with transaction.atomic(durable=True):
        account = locked(user)
        ended = end_access(account)
        user.set_password(password)
        user.access_ended = account.access_ended
        user.save(update_fields=["password", "access_ended"])
        log.append("account.password_changed", actor=actor, creator=account, tokens=ended)


def password_was_changed(user: User, *, actor: Actor) -> None:
    """What set_password does beside the password, after Django's own command has set it."""
    with transaction.atomic(durable=True):
        account = locked(user)
        ended = end_access(account)
        account.save(update_fields=["access_ended"])
        log.append("account.password_changed", actor=actor, creator=account, tokens=ended)


def end_access(account: User) -> int:
    """End every session and token, for good, and say how many tokens. The caller saves
    `access_ended`."""
    account.access_ended += 1
    ended, _models = Token.objects.filter(user=account).delete()
    return ended


def locked(user: User) -> User:
    """The account's row as it is now, locked until the transaction ends. Of the locks, only the
    log's counter is taken after it, here as in the library."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
