"""Who acts: a creator, a member of staff, or a named part of the system.

Every service takes `actor` as a keyword argument. It is never None and never looked up from a
request, a context variable or a thread: who acts is always passed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from creatorhub.errors import Forbidden
from creatorhub.roles import Power, powers_of

if TYPE_CHECKING:
    from uuid import UUID

    from creatorhub.models import User

Kind = Literal["creator", "staff", "system"]
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the account's UUID for people, and a short name for a part of the system. Its text,
    in the log and in columns, is `kind:id`. `powers` is what staff may do by their roles; an actor
    that was read back from a text has none."""

    kind: Kind
    id: str
    powers: frozenset[Power] = field(default=frozenset(), compare=False, repr=False)

    @classmethod
    def creator(cls, user: User) -> Actor:
        return cls("creator", str(user.uuid))

    @classmethod
    def staff(cls, user: User) -> Actor:
        """With the powers of this moment: at most one query."""
        if not user.is_staff:
            raise PermissionError(f"{user} is not a member of staff.")
        return cls("staff", str(user.uuid), powers_of(user))

    @classmethod
    def system(cls, part: str) -> Actor:
        """`part` names what acts: `worker`, `sweeper`, `import`, `demo`."""
        return cls("system", part)

    @classmethod
    def parse(cls, text: str) -> Actor:
        """The actor that `str()` wrote. Raises ValueError for any other text."""
        kind, colon, name = text.partition(":")
        if kind not in get_args(Kind) or not colon or not name:
            raise ValueError(f"{text!r} does not name an actor.")
        return cls(cast("Kind", kind), name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    def is_user(self, uuid: UUID) -> bool:
        """Whether this is the person behind that account, as a creator or as staff."""
        return self.kind != "system" and self.id == str(uuid)

    def require(self, creator: User, *, or_staff: bool = False, sentence: Text = "") -> None:
        """Raises Forbidden unless this is the creator, or, with `or_staff`, a moderator or what
        says no again after a restore. `sentence` is what a person reads then, if there is
        something better to say."""
        if self.kind == "creator" and self.id == str(creator.uuid):
            return
        if or_staff and self.kind == "staff":
            self.require_staff(Power.MODERATE)
            return
        if or_staff and self == RESTORE:
            return
        if not sentence and or_staff:
            sentence = _("Only the creator or staff can do this.")
        raise Forbidden(str(sentence) or _("Only the creator can do this."), code="not_the_creator")

    def require_staff(self, power: Power) -> None:
        """Raises Forbidden unless this is a member of staff whose roles include this power."""
        if self.kind != "staff":
            raise Forbidden(_("Only staff can do this."), code="staff_only")
        if power not in self.powers:
            raise Forbidden(
                _("Your role does not include this. Ask an admin of CreatorHub."),
                code="role_needed",
            )


ERASER = Actor.system("eraser")  # what erases an account, seven days after its person said so
# Says again, to a database that was restored, what had been said no to. It can say nothing else.
RESTORE = Actor.system("restore")
