"""How a request is refused: one exception with a sentence for people and a code for programs.

Services raise these; pages show the sentence, the API answers {"detail", "code"}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import defaults

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NOTHING_HERE = _("There is nothing at this address, or it is not yours to see.")
UNREADABLE = _("We could not read this request.")
NOT_ALLOWED = _("You may not do this.")
WRONG_METHOD = _("This address does not take this kind of request.")
BROKEN = _("Something went wrong on our side. Try again in a moment.")
TOO_LARGE = _(
    "This request is too large, and nothing was done. Send it in parts; for an edit of many "
    "videos, select by `matching` filters instead of naming each."
)
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
API_PREFIX = "/api/"
REFUSED = "creatorhub.refused"  # where the scope of a request carries what creatorhub.front refused


class Refused(Exception):
    """A rule forbids it. `sentence` says what is wrong and what to do; `code` never changes.
    `about` is the address of the page that it is about, where a view knows it."""

    status = 400
    about = ""

    def __init__(self, sentence: StrOrPromise, *, code: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = str(sentence)
        self.code = code
        self.status = status or type(self).status


class NotFound(Refused):
    status = 404


class Forbidden(Refused):
    status = 403


class Conflict(Refused):
    status = 409


class Gone(Refused):
    status = 410


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page for a refusal that the view did not catch. One query at most."""
    context = {"sentence": refused.sentence, "code": refused.code, "status": refused.status}
    context["about"] = refused.about
    return render(request, "refused.html", context, status=refused.status)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal outside of a view: a page, or JSON for a program."""
    answer = _for_programs(request, refused.status, refused.sentence, refused.code)
    return answer or refusal_page(request, refused)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is too old, or came from elsewhere."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TOO_MUCH):
        answer = _for_programs(request, 413, TOO_LARGE, "too_large")
        return answer or render(request, "413.html", status=413)
    return _for_programs(request, 400, UNREADABLE, "invalid") or defaults.bad_request(
        request, exception
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    answer = _for_programs(request, 403, NOT_ALLOWED, "permission_denied")
    return answer or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    answer = _for_programs(request, 404, NOTHING_HERE, "not_found")
    return answer or defaults.page_not_found(request, exception)


def method_not_allowed(request: HttpRequest, allowed: HttpResponseNotAllowed) -> HttpResponse:
    """The page for an address that only a form is sent to, opened as a page, or the reverse."""
    answer = _for_programs(request, 405, WRONG_METHOD, "method_not_allowed")
    answer = answer or render(request, "405.html", status=405)
    answer["Allow"] = allowed["Allow"]
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    return _for_programs(request, 500, BROKEN, "server_error") or defaults.server_error(request)


def _for_programs(
    request: HttpRequest, status: int, sentence: StrOrPromise, code: str
) -> HttpResponse | None:
    """The answer for the API and for our scripts; None for a page, which Django answers with
    400.html to 500.html."""
    script = request.headers.get("Accept", "") == "application/json"
    if not (script or request.path.startswith(API_PREFIX)):
        return None
    return JsonResponse({"detail": sentence, "code": code}, status=status)
