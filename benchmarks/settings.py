"""The product's settings, and beside its apps what the contenders are made of."""

from __future__ import annotations

from creatorhub.settings import *  # noqa: F403
from creatorhub.settings import INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "auditlog", "simple_history", "benchmarks.contenders"]
# The manifest is made when a release is installed, and pages are measured without one.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
