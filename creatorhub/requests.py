"""What a view needs of its request: a person who is signed in, a large body, a thread at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from creatorhub.errors import Refused
from creatorhub.models import User

View = TypeVar("View", bound=Callable[..., Any])


class SignedIn(HttpRequest):
    """The request that such a view gets, for its annotations."""

    user: User


def login_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Django's, except when the session has ended under a form or a part of a page: after the
    sign-in these return to their own page. The address of a form answers GET with a bare 405, and
    HTMX would put the sign-in page inside the one that asked."""

    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        part = "HX-Request" in request.headers
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method in ("GET", "HEAD") and not part:
            return redirect_to_login(request.get_full_path())
        came_from = urlsplit(request.headers.get("Referer", ""))
        here = came_from.netloc == request.get_host() and came_from.path
        answer = redirect_to_login(f"{here}?{came_from.query}" if here else "/")
        messages.warning(
            request, _("You were signed out, and nothing was changed. Do it once more.")
        )
        if not part:
            return answer
        return HttpResponseClientRedirect(answer.url, status=204)

    return ask


def require_known(given: QueryDict, *known: str, unsaid: Iterable[str] = ()) -> None:
    """Raises Refused, naming it, for a parameter of an address that the page does not have, or
    that is given twice. If a mistyped one were ignored, the page would show everything. Those that
    are `unsaid` are taken too, and not named."""
    if unknown := sorted(set(given) - {*known, *unsaid}):
        sentence = ngettext(
            "This address has no parameter %(unknown)s. It has: %(known)s.",
            "This address has no parameters %(unknown)s. It has: %(known)s.",
            len(unknown),
        )
        names = {"unknown": ", ".join(unknown), "known": ", ".join(known) or _("none")}
        raise Refused(sentence % names, code="unknown_parameter")
    for name, values in given.lists():
        if len(values) > 1:
            raise Refused(
                _("The parameter %(name)s is given more than once.") % {"name": name},
                code="repeated_parameter",
            )


def without_empty(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Send an address with empty parameters to the same one without them. A filter form sends all
    its fields; what is left says what was chosen, and is what a person copies or saves."""

    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kept = [(name, value) for name, values in request.GET.lists() for value in values if value]
        if len(kept) == sum(len(values) for _name, values in request.GET.lists()):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)

    return ask


def says_no(view: View) -> View:
    """Mark a view that withdraws: it never waits behind other requests."""
    view.says_no = True  # type: ignore[attr-defined]
    return view


def takes_bodies(largest: Callable[[User], int]) -> Callable[[View], View]:
    """Mark a view that takes files. `largest` says how many bytes of a body are kept, for whom; the
    rest is dropped as it arrives, and the view refuses."""

    def mark(view: View) -> View:
        view.largest_body = staticmethod(largest)  # type: ignore[attr-defined]
        return view

    return mark
