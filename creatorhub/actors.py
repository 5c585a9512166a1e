"""Who does something: a creator, a staff member, or a named part of the system.

Every service takes ``actor`` as a keyword argument. It is never None and never looked up from a
request, a context variable or a thread: who acts is always said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from creatorhub.models import User

Kind = Literal["creator", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the account's UUID for people, and a short name for a part of the system."""

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

    def is_user(self, uuid: UUID) -> bool:
        """Whether this is the person behind that account, in whichever role."""
        return self.kind != "system" and self.id == str(uuid)
