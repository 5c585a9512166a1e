"""The signals of this app."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after the commit that makes a video ready, so a receiver opens its own transaction.
# Arguments: video. If the process dies in between it is not sent: a receiver's work must not be
# essential.
video_ready = Signal()
