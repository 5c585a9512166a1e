"""API tokens: made, ended, found by their key."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Token
from accounts.services.accounts import locked
from audit import log
from audit.models import Event
from creatorhub.actors import Actor
from creatorhub.errors import Conflict
from creatorhub.models import User
from creatorhub.scopes import Scope
from creatorhub.verified import require_verified

PREFIX = "creatorhub_"
TOKENS_MAX = 10


def make_token(
    user: User, *, actor: Actor, name: str, scope: Scope, days: int, once: UUID | None = None
) -> tuple[Token, str]:
    """A token with this name that ends after so many days, and its key, which cannot be had again.
    Only the person themselves. Raises Refused for more than TOKENS_MAX tokens that have not ended,
    where no address is verified, and where the person has made a token with the same `once`, even
    one that has ended since."""
    actor.require(user)
    require_verified(user)
    key = f"{PREFIX}{secrets.token_urlsafe(32)}"
    now = timezone.now()
    # Made from both, so that nobody can take the UUID of another person's token.
    uuid = uuid5(user.uuid, str(once)) if once else uuid4()
    with transaction.atomic(durable=True):
        account = locked(user)
        if once and _was_made(account, uuid):
            raise Conflict(
                _("This token was made already; its key was shown once."), code="already_made"
            )
        Token.objects.filter(user=account, expires_at__lte=now).delete()
        if Token.objects.filter(user=account).count() >= TOKENS_MAX:
            raise Conflict(
                _("You have %(most)d tokens. End one that you do not need, then make another.")
                % {"most": TOKENS_MAX},
                code="too_many_tokens",
            )
        token = Token.objects.create(
            user=account,
            uuid=uuid,
            name=name,
            scope=scope,
            digest=_digest(key),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        log.append(
            "account.token_created",
            actor=actor,
            creator=account,
            token=token.uuid,
            name=name,
            scope=str(scope),
            expires_at=token.expires_at,
        )
    return token, key


def _was_made(account: User, uuid: UUID) -> bool:
    """The log knows tokens that have ended, too."""
    made = Event.objects.filter(creator=account, action="account.token_created").order_by("-id")
    bodies = (event.written for event in made.iterator(chunk_size=100))
    return any(body["token"] == str(uuid) for body in bodies)


def end_token(user: User, uuid: UUID, *, actor: Actor) -> bool:
    """The token stops working. False, and no event, if there is none. Only the person
    themselves."""
    actor.require(user)
    with transaction.atomic(durable=True):
        account = locked(user)
        token = Token.objects.filter(user=account, uuid=uuid).first()
        if token is None:
            return False
        token.delete()
        log.append("account.token_ended", actor=actor, creator=account, token=uuid, name=token.name)
    return True


def token_of_key(key: str) -> Token | None:
    """The token, with its account, that has this key and works now. One query."""
    token = Token.objects.select_related("user").filter(digest=_digest(key)).first()
    works = token and token.expires_at > timezone.now() and token.user.is_active
    return token if works else None


def note_use(token: Token) -> None:
    """Remember that the token was used now."""
    Token.objects.filter(pk=token.pk).update(used_at=timezone.now())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
