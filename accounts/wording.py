"""How the account pages say where a person is signed in, and when a token was used."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from ua_parser import parse

from accounts.models import USE_NOTED_EVERY, Token

LONGEST = 40  # characters that are shown of what a program says of itself


def device_of(user_agent: str) -> str:
    """“Firefox on Windows”: what a browser says of itself, which may be untrue. What ua-parser does
    not know is shown as it was sent, cut short."""
    known = parse(user_agent)
    browser = known.user_agent.family if known.user_agent else ""
    system = known.os.family if known.os else ""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    if browser or system:
        return browser or system
    if not user_agent:
        return _("An unknown program")
    sent = Truncator(user_agent).chars(LONGEST)
    return _("An unknown program: “%(sent)s”") % {"sent": sent}


def last_used(token: Token) -> str:
    """As exact as it is stored: at most once in USE_NOTED_EVERY, so that the last use was in the
    time of that length which begins at `used_at`."""
    if token.used_at is None:
        return _("never used")
    now = timezone.now()
    until = token.used_at + USE_NOTED_EVERY
    if until > now:
        return _("used within the last hour")
    since = timezone.localtime(token.used_at)
    words = {
        "day": date_format(since, "j F Y"),
        "since": time_format(since, "H:i"),
        "until": time_format(timezone.localtime(until), "H:i"),
    }
    if since.date() == timezone.localtime(now).date():
        return _("last used today between %(since)s and %(until)s") % words
    return _("last used on %(day)s between %(since)s and %(until)s") % words
