"""What the API writes. Its own module: DRF loads it while `rest_framework.views` is loading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers


class _ASCIIRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class JSONRenderer(renderers.JSONRenderer):
    """JSON in UTF-8. A refusal may repeat half a character that was sent, which UTF-8 cannot
    write: then in ASCII, with escapes."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        try:
            return bytes(super().render(data, accepted_media_type, renderer_context))
        except UnicodeEncodeError:
            ascii_only = _ASCIIRenderer()
            return bytes(ascii_only.render(data, accepted_media_type, renderer_context))
