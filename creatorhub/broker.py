"""Celery's messages as files, for the mode without Redis: Kombu's transport, but a message is seen
only once it is whole. Kombu opens the file that it then fills; a worker that looks in between
reads nothing, takes that for a broken message, and dies of it."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    # Kombu itself names this argument differently in its two base classes.
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        """Write under a name that is no queue's, then rename. Names sort by age, as Kombu's do."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        part = whole.with_name(f"{name}.part")
        try:
            part.write_text(dumps(payload), encoding="utf-8")
            part.rename(whole)
        except OSError as error:
            raise ChannelError(f"Cannot write {whole}") from error


class Transport(filesystem.Transport):
    Channel = Channel
