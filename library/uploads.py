"""Counts the bytes of an upload while they arrive, so that not too many are written to the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from creatorhub.errors import Forbidden, Refused
from creatorhub.models import User
from creatorhub.requests import takes_bodies
from creatorhub.verified import is_verified, not_verified
from library.services.videos import no_room, quota_left, too_large

V = TypeVar("V", bound=Callable[..., Any])
OTHER_FIELDS = 1024**2  # bytes of a form beside its file


@dataclass(frozen=True, slots=True)
class FileLimit:
    most: int
    reason: Callable[[], Refused]


def takes_files(*, most: int, reason: Callable[[], Refused]) -> Callable[[V], V]:
    """For a view whose files are not videos: it accepts `most` bytes, whatever the owner's quota
    is, and refuses more with this `reason`."""

    def mark(view: V) -> V:
        view.file_limit = FileLimit(most, reason)  # type: ignore[attr-defined]
        return takes_bodies(lambda sender: most + OTHER_FIELDS)(view)

    return mark


def room_for_video(sender: User) -> int:
    """Bytes of a request with one video file."""
    return int(min(quota_left(sender), settings.UPLOAD_MAX_BYTES)) + OTHER_FIELDS


class CountingUploadHandler(FileUploadHandler):
    """Stops storing a file at the first byte above the limit or above what is left of the quota.

    The rest of the body is read and dropped, and the other fields are kept. The view runs as usual,
    and `refusal(request)` gives it the reason. An answer before the whole body was read would look
    like a broken connection in most browsers.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: Refused | None = None
        self.received = 0
        self.left: int | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.refused:
            raise SkipFile
        if self.left is None:
            self.left = self._room()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > (self.left or 0):
            self.refused = self._reason()
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _room(self) -> int:
        """Bytes."""
        owner = self._owner()
        if not owner:
            return 0
        if limit := self._limit():
            return limit.most
        if not is_verified(owner):
            return 0
        return int(min(quota_left(owner), settings.UPLOAD_MAX_BYTES))

    def _limit(self) -> FileLimit | None:
        """The limit of the view that this request is for, if it has one."""
        match = getattr(self.request, "resolver_match", None)
        limit = getattr(match and match.func, "file_limit", None)
        return limit if isinstance(limit, FileLimit) else None

    def _reason(self) -> Refused:
        owner = self._owner()
        if not owner:
            return Forbidden(_("Sign in to upload a video."), code="not_authenticated")
        if limit := self._limit():
            return limit.reason()
        if not is_verified(owner):
            return not_verified()
        return too_large() if self.received > settings.UPLOAD_MAX_BYTES else no_room(owner)

    def _owner(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None


def refusal(request: HttpRequest) -> Refused | None:
    """Why a file of this request was refused, or None. Read request.FILES first."""
    for handler in request.upload_handlers:
        if isinstance(handler, CountingUploadHandler) and handler.refused:
            return handler.refused
    return None
