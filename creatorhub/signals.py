"""What the ground tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

# A web server or a worker starts, has found nothing wrong, and answers nobody yet.
starting = Signal()
