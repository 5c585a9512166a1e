"""Connects the withdrawals of consent to the service that acts on them."""

from __future__ import annotations

from consent.signals import consent_withdrawn
from remixer.services import stop_and_takedown

consent_withdrawn.connect(stop_and_takedown, dispatch_uid="remixer.takedown")
