"""Fixtures of the store's integration tests."""

import pytest

from tests.integration.store.embedded_clients import ask, server_of
from tests.integration.store.worlds import migrated_url, world

__all__ = ["migrated_url", "running", "world"]


@pytest.fixture
def running(home):
    """A server with a row to lose, and its endpoint."""
    server = server_of(home)
    endpoint = server.ensure()
    ask(endpoint, "CREATE TABLE kept AS SELECT 42 AS value")
    return server, endpoint
