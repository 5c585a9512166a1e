"""What other apps may hear of videos."""

from __future__ import annotations

from django.dispatch import Signal

# Sent once a video is ready, after that was committed: whoever listens opens a transaction of its
# own. Arguments: video. If the process dies in between nobody hears it, so what is done on hearing
# it must be safe to leave undone.
video_ready = Signal()
