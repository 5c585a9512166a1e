"""The project, and the ground that all apps share."""

from creatorhub.celery import app as celery_app

__all__ = ["celery_app"]
