"""What a worker that decodes says when it starts: how well its programs are locked in. Workers of
`manage.py up` do not: its own checks have said it once for all of them."""

from __future__ import annotations

import logging
import os
from typing import Any

from celery.signals import celeryd_after_setup

from library import sandbox

logger = logging.getLogger(__name__)
SAID = "CREATORHUB_LOCKING_IN_SAID"  # the variable in the environment of such workers
AS_ROOT = (
    "This runs as root, so whoever gets out of a program that reads uploads owns the machine. Run "
    "it under an account of its own without rights."
)


@celeryd_after_setup.connect
def say_how_programs_are_locked_in(instance: Any, **_: Any) -> None:
    if SAID in os.environ or {*instance.app.amqp.queues.consume_from} == {"control"}:
        return
    is_best = sandbox.level() == sandbox.Level.FULL
    logger.log(logging.INFO if is_best else logging.WARNING, sandbox.description())
    if sandbox.is_root():
        logger.warning(AS_ROOT)
