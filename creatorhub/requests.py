"""What a view behind login_required is given."""

from __future__ import annotations

from django.http import HttpRequest

from creatorhub.models import User


class SignedIn(HttpRequest):
    """A request whose person is known, for the annotations of such views."""

    user: User
