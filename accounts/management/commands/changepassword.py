"""Django's command, which also ends the account's tokens and sessions and writes the log."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import services
from creatorhub.actors import Actor
from creatorhub.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        told = super().handle(*args, **options)
        user = User.objects.get(username=options["username"] or getpass.getuser())
        services.password_was_changed(user, actor=Actor.system("operator"))
        return told
