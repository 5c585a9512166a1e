"""The log for everybody, without signing in: what a witness or a monitor needs to follow it. C2SP
tlog-tiles below /api/v1/audit, without its entries: what was written concerns only whose it is, and
the hashes do not tell it. Reading only."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.viewsets import ViewSet

from audit import keys, proofs, receipts_format
from audit.notes import Note
from audit.receipts import newest, reported
from audit.receipts_format import Continued
from audit.tiles import Tile
from audit.tree import Malformed
from creatorhub.api import AnyAccept
from creatorhub.errors import NotFound, Refused
from creatorhub.requests import require_known

BRIEFLY = "public, max-age=5"  # a newer checkpoint comes every ten seconds
FOR_EVER = "public, max-age=31536000, immutable"
TEXT = {(200, "text/plain"): OpenApiTypes.STR}


class LogThrottle(AnonRateThrottle):
    """More than elsewhere: who starts to follow a log reads many tiles, once."""

    scope = "log"


class LogViewSet(ViewSet):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [LogThrottle]
    content_negotiation_class = AnyAccept

    @extend_schema(responses=TEXT, auth=[])
    def checkpoint(self, request: Request) -> HttpResponse:
        """The newest checkpoint of the log, a C2SP signed note: its name, how many leaves it has,
        and their root (RFC 6962). 404 before the first."""
        require_known(request.query_params)
        return _text(newest().note, BRIEFLY)

    @extend_schema(responses=TEXT, auth=[])
    def key(self, request: Request) -> HttpResponse:
        """The public keys of the log, one in each line, the newest first: name+id+base64."""
        require_known(request.query_params)
        return _text("".join(f"{key}\n" for key in keys.verifiers()), BRIEFLY)

    @extend_schema(
        responses=TEXT,
        auth=[],
        parameters=[
            OpenApiParameter(
                "old", OpenApiTypes.INT, required=True, description=gettext_lazy("A size, from 1.")
            )
        ],
    )
    def consistency(self, request: Request) -> HttpResponse:
        """That the newest log continues the one of its first `old` leaves: a line `old N`, the
        hashes of the proof, an empty line and the newest checkpoint."""
        require_known(request.query_params, "old")
        old = _size(request.query_params.get("old", ""))
        checkpoint = newest()
        if not 0 < old <= checkpoint.size:
            raise NotFound(
                _("No proof leads from %(old)s leaves to the %(size)s of the log. Ask from 1 on.")
                % {"old": old, "size": checkpoint.size},
                code="no_such_size",
            )
        with reported():
            hashes = proofs.consistency(old, checkpoint.size)
        note = Note.parse(checkpoint.note)
        return _text(receipts_format.consistency_file(Continued(old, hashes), note), BRIEFLY)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, auth=[])
    def tile(self, request: Request, tile: str) -> HttpResponse:
        """Up to 256 neighbouring hashes of the tree, 32 bytes each: `level/number`, or
        `level/number.p/width` for one that is not full, as C2SP tlog-tiles names them."""
        require_known(request.query_params)
        try:
            which = Tile.parse(tile)
        except Malformed as malformed:
            raise NotFound(str(malformed), code="no_such_tile") from None
        if not which.in_tree(newest().size):
            raise NotFound(_("The log has no such tile yet."), code="no_such_tile")
        with reported():
            data = proofs.tile(which)
        return HttpResponse(
            data,
            content_type="application/octet-stream",
            headers={"Cache-Control": FOR_EVER},
        )


def _size(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Refused(_("“old” is a number of leaves, such as 12."), code="invalid_size")
    return int(text)


def _text(text: str, cache: str) -> HttpResponse:
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": cache}
    )
