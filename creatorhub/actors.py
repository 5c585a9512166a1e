"""Who acts: a creator, a member of staff, or a named part of the system.

Every service takes `actor` as a keyword argument. It is never None and never looked up from a
request, a context variable or a thread: who acts is always passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from creatorhub.errors import Forbidden

if TYPE_CHECKING:
    from uuid import UUID

    from creatorhub.models import User

Kind = Literal["creator", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the account's UUID for people, and a short name for a part of the system. As text,
    in the log and in columns, it is `kind:id`."""

    kind: Kind
    id: str

    @classmethod
    def creator(cls, user: User) -> Actor:
        return cls("creator", str(user.uuid))

    @classmethod
    def staff(cls, user: User) -> Actor:
        if not user.is_staff:
            raise PermissionError(f"{user} is not a member of staff.")
        return cls("staff", str(user.uuid))

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

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"

    def is_user(self, uuid: UUID) -> bool:
        """Whether this is the person behind that account, in whichever role."""
        return self.kind != "system" and self.id == str(uuid)

    def is_creator(self, user: User) -> bool:
        """Whether this person acts on what is their own."""
        return self.kind == "creator" and self.id == str(user.uuid)

    def require(self, creator: User, *, or_staff: bool = False, to: str = "do this") -> None:
        """Raises Forbidden unless this is the creator, or, with `or_staff`, a member of staff.
        `to` completes “Only the creator can …”."""
        if self.is_creator(creator) or (or_staff and self.is_staff):
            return
        who = "the creator or staff" if or_staff else "the creator"
        raise Forbidden(f"Only {who} can {to}.", code="not_the_creator")

    def require_staff(self, *, to: str = "do this") -> None:
        """Raises Forbidden unless this is a member of staff. `to` completes “Only staff can …”."""
        if not self.is_staff:
            raise Forbidden(f"Only staff can {to}.", code="staff_only")
