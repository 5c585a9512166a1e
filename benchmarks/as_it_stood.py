"""“As it stood on a day”, of a large library: before its edits, before half of it was there, and
after everything, each beside the list of today."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from benchmarks import sample
from benchmarks.measuring import Promise, Report, Timed, lines_of
from creatorhub.models import User

BOUND = 2  # times the list


def measured(client: Client, owner: User, *, rounds: int) -> Report:
    """`owner`, whose browser `client` is, has a filled library that was decided about today."""
    User.objects.filter(pk=owner.pk).update(date_joined=timezone.now() - 2 * sample.YEARS)
    today, half = timezone.localdate(), sample.YEARS / 2
    days = {
        "today": today,
        "the day before all edits": today - timedelta(days=1),
        "when half of it was there": today - half,
    }
    asked = {"the list": "/videos/"}
    asked |= {name: f"/activity/as-it-stood/?day={day}" for name, day in days.items()}
    timed = {name: Timed() for name in asked}
    for number in range(rounds + 1):
        for name, path in asked.items():
            with timed[name].round():
                status = client.get(path, secure=True).status_code
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
            if not number:
                timed[name].milliseconds.clear()
    report = Report(lines_of("As it stood on a day", timed))
    of_list, *others = (one.median() for one in timed.values())
    what = "As it stood on a day, the slowest of three, median: to the list"
    report.promises = [Promise(what, BOUND, round(max(others) / of_list, 2), "×")]
    return report
