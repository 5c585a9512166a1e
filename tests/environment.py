"""Where a test run lives. A pytest plugin (see addopts), so that it comes before the settings.

Each run has a temporary data folder and each xdist worker its own inside it, and its own Redis
key prefix. DATABASE_URL and REDIS_URL, where set, decide what the tests run on.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.notes import Signer
from creatorhub import data_folder

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if not WORKER:
    os.environ["CREATORHUB_TEST_ROOT"] = tempfile.mkdtemp(prefix="creatorhub-tests-")
ROOT = Path(os.environ["CREATORHUB_TEST_ROOT"])

os.environ |= {
    "CREATORHUB_DATA": str(ROOT / (WORKER or "main")),
    "WITHDRAWAL_JOURNAL": str(ROOT / (WORKER or "main") / "withdrawals.journal"),
    "CREATORHUB_TESTS": "1",
    "DEBUG": "1",
    "REDIS_PREFIX": f"{ROOT.name}:{WORKER or 'main'}:",
    "SECRET_KEY": "tests only",
    "LOG_ORIGIN": "hub.test/log",
    "LOG_KEY": Signer("hub.test/log", Ed25519PrivateKey.from_private_bytes(bytes(32))).secret(),
    "API_RATE_ANON": "100000/min",
    "API_RATE_USER": "100000/min",
    "API_RATE_LOG": "100000/min",
    # Playwright's synchronous API runs an event loop in the test's own thread.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}
for name in (
    *("ALLOWED_HOSTS", "MEDIA_BUCKET", "EMAIL_URL", "INSECURE_HTTP", "BEHIND_TLS_PROXY"),
    *("SECURITY_CONTACT", "LOG_KEY_FILE", "LOG_VERIFIER_KEYS"),
):
    os.environ.pop(name, None)
data_folder.prepare()


def pytest_unconfigure() -> None:
    if not WORKER:
        shutil.rmtree(ROOT, ignore_errors=True)
