"""What allauth says when it refuses, in the words of this product, and where it writes."""

from __future__ import annotations

import zoneinfo
from itertools import chain
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from allauth.utils import build_absolute_uri
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import guessing, services
from creatorhub.actors import Actor
from creatorhub.fresh import is_fresh
from creatorhub.models import User
from creatorhub.usernames import normal, username_key


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


def _named(name: str) -> User | None:
    return User.objects.filter(username_key=username_key(name)).first()


def _guessed_at(login: str) -> list[User]:
    """Every account whose password is compared for this name or address. Of an address it is the
    account that has it verified; only where none has, it is all that claim it."""
    claims = filter_users_by_email(login, prefer_verified=True, for_login=True)
    named = _named(login)
    return list(dict.fromkeys(chain([named] if named else [], claims)))


MISMATCH = _("This username and this password do not match. Check both and try again.")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "incorrect_password": _("This is not the password of your account."),
        "enter_current_password": _("This is not your current password."),
        "email_taken": _("There is already an account with this address."),
        "duplicate_email": _("This address is already in your account."),
        "username_taken": _("This username is taken. Choose another one."),
        "username_looks_taken": _(
            "This username looks like the name of somebody else. Choose another one."
        ),
        "username_blacklisted": _("This username is not available. Choose another one."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002
        """In the form in which it is stored. Raises ValidationError for one that may not be, or
        that differs from another person's only in the case of its letters, or looks like it."""
        name = normal(username)
        super().clean_username(name, shallow)
        taken = User.objects.filter(username_key=username_key(name))
        if not shallow and taken.exists():
            raise self.validation_error("username_taken")
        if not shallow and services.looks_like_another(name):
            raise self.validation_error("username_looks_taken")
        return name

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: Any,
        commit: bool = True,  # noqa: FBT001, FBT002
    ) -> User:
        """With the time zone that the browser says, if it is one."""
        if (zone := form.cleaned_data.get("time_zone")) in zoneinfo.available_timezones():
            user.time_zone = zone
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """By the username in any case of its letters."""
        if (name := credentials.get("username")) and (user := _named(name)):
            credentials["username"] = user.username
        found: User | None = super().authenticate(request, **credentials)
        return found

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises ValidationError after too many failures: see accounts.guessing."""
        self._login_failed_rl_usage = guessing.count(request, _guessed_at(_login(credentials)))
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        for user in _guessed_at(_login(credentials)):
            services.record_failure(user)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: the address may be another person's. set_password forgives the account."""

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase:
        return guessing.remember(request, user, super().post_login(request, user, **kwargs))

    def set_password(self, user: User, password: str) -> None:
        """For a change, a reset and a first password."""
        services.set_password(user, password, actor=Actor.creator(user))
        guessing.forgive(self.request, user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in counts, not only one that was asked for."""
        return not is_fresh(context.request)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """To the main address as it was, and to an address that was removed."""
        values = {**(context or {}), "reset_url": self.reset_url()}
        super().send_notification_mail(template_prefix, user, values, email)
        if removed := values.get("deleted_email"):
            super().send_notification_mail(template_prefix, user, values, removed)

    def reset_url(self) -> str:
        return str(build_absolute_uri(self.request, reverse("account_reset_password")))
