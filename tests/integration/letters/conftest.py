"""Dead letters on a real database, with a simulated Zoho behind them."""

import pytest

from tests.support.simulator import make_simulator, simulator, zoho
from tests.support.stores import session_url, tables_url
from tests.support.worlds import world

__all__ = ["make_simulator", "session_url", "simulator", "tables_url", "zoho"]


@pytest.fixture
def open_world(tables_url, simulator, tmp_path):
    """Open a process of the program on the shared database, emptied, and the simulator."""

    def make(**settings):
        return world(tables_url, simulator, tmp_path, **settings)

    return make
