"""Celery's messages as files, for the mode without Redis: Kombu's transport, but a message becomes
visible only when it is complete. Kombu writes into a file that workers can see already; a worker
that reads it too early finds it empty, treats it as a broken message, and ends."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    # Kombu names this argument differently in its two base classes.
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        """Write under a name that belongs to no queue, then rename. Like Kombu's, names sort by
        age."""
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
