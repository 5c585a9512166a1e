"""How a program signs in, as the API's schema says it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class _InTheSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": _(
                "A token that you made on your account page. `Authorization: Token …` does the "
                "same. Each operation says which scope it needs: `read`, `make` or `decide`; each "
                "scope contains the ones before it."
            ),
        }
