"""The standing bar, on every page of a creator."""
from typing import Any
from django.http import HttpRequest


def standing_bar(request: HttpRequest) -> dict[str, Any]:
    return {}
