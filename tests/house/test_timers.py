"""What workers ask for by the clock."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from creatorhub import celery
from creatorhub.celery import app
from operations import tasks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Mock:
    send = Mock()
    monkeypatch.setattr(app, "send_task", send)
    return send


@pytest.mark.parametrize(("queue", "seals"), [("control", True), ("render", False)])
def test_only_a_worker_that_would_do_it_asks_to_seal_the_log(
    queue: str, seals: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery.app, "amqp", Mock(queues=Mock(consume_from={queue: Mock()})))

    assert celery.SealTimer(Mock()).include_if(Mock()) is seals


@pytest.mark.parametrize(
    ("step", "task", "every"),
    [
        (celery.SweepTimer, tasks.sweep, 30.0),
        (celery.SealTimer, tasks.seal_log, 1.0),
    ],
)
def test_a_worker_asks_soon_and_then_again_and_again(
    asked: Mock, step: type[celery.AskingTimer], task: Any, every: float
) -> None:
    worker = Mock()
    timer = step(worker)
    timer.start(worker)

    [(seconds, ask), _] = worker.timer.call_repeatedly.call_args
    assert seconds == every
    ask()
    assert asked.call_args.args == (task.name,)
    assert asked.call_args.kwargs == {"queue": "control", "expires": every, "retry": False}
    timer.stop(worker)
    timer._entry.cancel.assert_called_once()
