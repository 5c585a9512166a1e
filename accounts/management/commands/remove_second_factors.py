"""For who has lost the phone and the recovery codes: they sign in by the password alone again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import services
from creatorhub.actors import Actor
from creatorhub.models import User
from creatorhub.usernames import username_key


class Command(BaseCommand):
    help = "Removes the second factors of an account, and ends its sessions and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username_key=username_key(username)).first()
        if user is None:
            raise CommandError(f"There is no account called {username}.")
        removed = services.remove_second_factors(user, actor=Actor.system("operator"))
        self.stdout.write(f"{removed} removed from {user.username}.")
