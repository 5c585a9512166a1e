"""The one limit of a meme's length, for the page, the API and the service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from creatorhub.errors import Refused
from remixer.catalogue import TEMPLATES
from remixer.forms import EditorForm
from remixer.lengths import lengths
from remixer.services.requests import _check_times

TEMPLATE = TEMPLATES["top_bottom"]
DURATIONS = (200, 960, 967, 999, 1000, 1001, 1050, 1999, 5967, 6000, 20_000, 20_033, 600_000)


def of(duration_ms: int) -> Any:
    return SimpleNamespace(duration_ms=duration_ms, duration=duration_ms / 1000)


@pytest.mark.parametrize("duration_ms", DURATIONS)
def test_what_the_page_starts_with_and_its_limits_are_accepted(duration_ms: int) -> None:
    form = EditorForm(template=TEMPLATE, video=of(duration_ms))
    length, start = (form.fields[name].widget.attrs for name in ("length", "start"))

    for seconds in (form.initial["length"], length["min"], length["max"]):
        _check_times(TEMPLATE, of(duration_ms), start_ms=0, length_ms=round(float(seconds) * 1000))
        assert float(length["min"]) <= float(seconds) <= float(length["max"])
    latest = round(float(start["max"]) * 1000)
    shortest = round(float(length["min"]) * 1000)
    _check_times(TEMPLATE, of(duration_ms), start_ms=latest, length_ms=shortest)


@pytest.mark.parametrize("duration_ms", DURATIONS)
def test_the_suggested_length_is_one_of_the_steps_of_the_page(duration_ms: int) -> None:
    allowed = lengths(TEMPLATE, duration_ms=duration_ms)

    assert (allowed.suggested_ms - allowed.shortest_ms) % 100 == 0


def test_a_video_that_is_too_short_for_the_template_is_taken_whole() -> None:
    with pytest.raises(Refused) as refused:
        _check_times(TEMPLATE, of(960), start_ms=0, length_ms=900)

    assert "taken whole: 0.96 seconds" in refused.value.sentence
