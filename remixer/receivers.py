"""Receives withdrawals of consent and passes them to the service."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from consent.signals import Withdrawn, consent_withdrawn
from remixer import services


@receiver(consent_withdrawn, dispatch_uid="remixer.takedown")
def stop_and_takedown(*, signal: object, sender: object, **withdrawal: Any) -> Withdrawn:
    return services.stop_and_takedown(**withdrawal)
