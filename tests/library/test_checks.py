"""A start that cannot work is refused; what is weaker is said."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from library import checks, limits


@pytest.mark.parametrize("binary", ["/nowhere/ffmpeg", "ffmpeg"])
def test_an_ffmpeg_that_is_not_there_is_an_error(settings: Settings, binary: str) -> None:
    settings.FFMPEG_BINARY = binary

    assert [problem.id for problem in checks.ffmpeg_is_there()] == ["library.E001"]


@pytest.mark.parametrize("binary", ["", "/bin/sh"])
def test_ours_or_a_program_by_its_path_is_fine(settings: Settings, binary: str) -> None:
    settings.FFMPEG_BINARY = binary

    assert not checks.ffmpeg_is_there()


def test_a_system_without_the_tools_is_told_what_is_weaker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "_tool", lambda name: None)
    monkeypatch.setattr(limits, "without_network", lambda: ())

    found = checks.the_sandbox_is_whole()

    assert [problem.id for problem in found] == ["library.W001"] * 2
