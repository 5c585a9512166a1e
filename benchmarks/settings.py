"""The product's settings, and beside its apps what the contenders are made of."""

from __future__ import annotations

from pathlib import Path

from creatorhub.settings import *  # noqa: F403
from creatorhub.settings import DATABASES, INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "auditlog", "simple_history", "benchmarks.contenders"]
# The manifest is made when a release is installed, and pages are measured without one.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Beside the database that DATABASE_URL names, and beside that of a test run.
DATABASES["default"]["TEST"] = {"NAME": f"bench_{Path(DATABASES['default']['NAME']).name}"}
