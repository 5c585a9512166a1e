"""`manage.py staff_role USERNAME [ROLE …]`: what an account may do as staff. The way to the first
admin, and back in when none is left."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import services
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.models import User


class Command(BaseCommand):
    help = (
        "Gives an account exactly the roles that are named, as staff: support, moderation, editor, "
        "admin. Without a role it is not staff any more. It is written in the log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("roles", nargs="*", metavar="ROLE")
        parser.add_argument("--reason", default="", help="It is kept in the log.")

    def handle(self, *, username: str, roles: list[str], reason: str, **options: Any) -> None:
        self.check(databases=["default"])
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account “{username}”. Nothing was changed.")
        actor = Actor.system("command")
        try:
            changed = services.set_roles(user, actor=actor, roles=roles, reason=reason)
        except Refused as refused:
            raise CommandError(f"{refused.sentence} Nothing was changed.") from None
        words = ", ".join(roles) or "no role"
        self.stdout.write(f"{username}: {words}{'' if changed else ', as before'}.")
