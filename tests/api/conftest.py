"""Who asks the API in these tests, unless a test names another."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from creatorhub.models import User
from tests.conftest import ApiOf


@pytest.fixture
def api(alice: User, api_of: ApiOf) -> APIClient:
    """A program with alice's token."""
    return api_of(alice)
