"""Homes with a vault, databases with all tables, and simulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.setups import with_vault
from tests.support.simulator import make_simulator, simulator
from tests.support.stores import with_tables

__all__ = ["make_simulator", "simulator"]


@pytest.fixture
def vaulted(tmp_path: Path) -> Path:
    """An empty home whose encrypted file is open."""
    return with_vault(tmp_path)


@pytest.fixture
def url(database_url) -> str:
    """A database with all tables."""
    return database_url(with_tables)
