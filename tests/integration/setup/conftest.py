"""Homes with a vault, a database with all tables, and simulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.setups import with_vault
from tests.support.simulator import make_simulator, simulator
from tests.support.stores import session_url, tables_url

__all__ = ["make_simulator", "session_url", "simulator", "tables_url"]


@pytest.fixture
def vaulted(tmp_path: Path) -> Path:
    """An empty home whose encrypted file is open."""
    return with_vault(tmp_path)


@pytest.fixture
def url(tables_url: str) -> str:
    """A database with all tables."""
    return tables_url
