"""Everything in one terminal: prepares the database, then runs the web server and the workers."""

from __future__ import annotations

import os
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext as _

from creatorhub.models import User
from library import startup
from operations.supervisor import Child, Supervisor, answers

HOST = "127.0.0.1"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = (
        "Runs the web server and the workers in the foreground until Ctrl-C. On the first start "
        "it makes the database and, with DEBUG on, the demo. Production runs them as services "
        "of their own: see docs/operations.md."
    )
    requires_system_checks: list[str] = []  # `migrate` runs them all

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", default=os.environ.get("PORT", "8000"), help="Default: $PORT, or 8000."
        )

    def handle(self, *, port: str, **options: Any) -> None:
        number = _free_port(port)
        self._say(_("Preparing the database …"))
        # Before it changes anything it runs all checks, those of the database too. They say how
        # video programs are locked in.
        call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
        self._demo_on_first_start()
        connections.close_all()
        self._say(_("Starting the web server and the workers …"))
        os.environ[startup.SAID] = "1"

        supervisor = Supervisor(_children(number), say=self._say)
        for stop_signal in STOP_SIGNALS:
            signal.signal(stop_signal, lambda *_: supervisor.stop())
        address = f"http://localhost:{number}/"
        supervisor.run(
            ready=lambda: answers(f"http://{HOST}:{number}/account/login/"),
            on_ready=lambda: self._say(self._welcome(address)),
        )
        if supervisor.problem:
            raise CommandError(supervisor.problem)

    def _demo_on_first_start(self) -> None:
        """The file `demo.unfinished` stays if the demo is interrupted: the next start continues."""
        unfinished = settings.DATA_DIR / "demo.unfinished"
        if not settings.DEBUG or (User.objects.exists() and not unfinished.exists()):
            return
        unfinished.touch()
        self._say(_("Making a demo, once. This takes a minute or two …"))
        call_command("demo", videos=int(os.environ.get("DEMO_VIDEOS", "500")), checked=True)
        unfinished.unlink()

    def _welcome(self, address: str) -> str:
        sign_ins = settings.DATA_DIR / "demo.txt"
        lines = ["", f"CreatorHub is running at {address}", ""]
        if settings.DEBUG and sign_ins.exists():
            lines += [sign_ins.read_text().rstrip(), ""]
        return "\n".join([*lines, "Press Ctrl-C to stop."])

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _free_port(port: str) -> int:
    """The port as a number. Raises CommandError if it is not a port, or in use."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CommandError(f"PORT must be a number from 1 to 65535, not “{port}”.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(port)))
        except PermissionError:
            raise CommandError(f"You may not use port {port}. Choose one above 1023.") from None
        except OSError:
            raise CommandError(
                f"Port {port} is in use by another program. Stop that one, or choose another "
                f"port: make run PORT={min(int(port) + 1, 65535)}"
            ) from None
    return int(port)


def _children(port: int) -> list[Child]:
    """One web server, one worker for everything short, one for uploads, one with a process per core
    for memes."""
    web = (
        *("-m", "granian", "--interface", "asgi", "creatorhub.asgi:application"),
        *("--host", HOST, "--port", str(port), "--http", "1", "--log-level", "warning"),
        *("--http1-header-read-timeout", "10000", "--backlog", "4096", "--backpressure", "20000"),
        *("--workers-kill-timeout", "1"),
    )
    worker = (
        # In a container the worker runs as root, and Celery warns about that at length.
        *("-W", "ignore:You're running the worker"),
        *("-m", "celery", "--quiet", "--app", "creatorhub", "worker", "--loglevel", "WARNING"),
    )
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    render = ("--queues", "render", "--concurrency", str(os.cpu_count() or 1), "--hostname")
    ingest = ("--queues", "ingest", "--concurrency", "1", "--hostname")
    control = ("--queues", "control", "--concurrency", "1", "--hostname")
    return [
        Child("web", web),
        Child("render worker", (*worker, *alone, *render, "render@%h")),
        Child("ingest worker", (*worker, *alone, *ingest, "ingest@%h")),
        Child("control worker", (*worker, *alone, *control, "control@%h")),
    ]
