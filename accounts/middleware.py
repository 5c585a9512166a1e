"""What asks for a fresh sign-in leads there; what was sent meanwhile is not lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import stash_and_reauthenticate
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.crypto import get_random_string
from django.utils.http import urlencode

SECRET = ("password", "csrfmiddlewaretoken")


class FreshSignInMiddleware:
    """A page that was asked for is shown after the sign-in. A form that was sent is kept in the
    session, but for passwords; after the sign-in that it led to, and no other, it is shown as what
    will be done, with one button that sends it again to where it was sent. Whoever shared the
    session may have sent another one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ReauthenticationRequired):
            return None
        here = request.get_full_path()
        if not request.user.is_authenticated:
            return redirect_to_login(here)
        ways = get_adapter().get_reauthentication_methods(request.user)
        after = here
        if request.method == "POST":
            after = f"{here}#{get_random_string(12)}"
            kept = {"path": here, "after": after, "sent": without_secrets(request.POST)}
            stash_and_reauthenticate(request, kept, "accounts.middleware.show_again")
        return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({REDIRECT_FIELD_NAME: after})}")


def without_secrets(sent: QueryDict) -> str:
    kept = sent.copy()
    for name in sent:
        if any(part in name for part in SECRET):
            del kept[name]
    return kept.urlencode()


def show_again(request: HttpRequest, state: dict[str, Any]) -> HttpResponse | None:
    """What was sent before the fresh sign-in, to be sent once more. None, and allauth goes on to
    `next`, if that is not what this form led to."""
    if get_next_redirect_url(request) != state.get("after"):
        return None
    fields = parse_qsl(state["sent"], keep_blank_values=True)
    context = {"path": state["path"], "fields": fields}
    return render(request, "accounts/go_on.html", context)
