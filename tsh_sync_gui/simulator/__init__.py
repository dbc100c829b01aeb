"""A Zoho in a box: Books, Inventory and OAuth over one made-up organization, on a local port."""

from tsh_sync_gui.simulator.collection import Collection, SimpleSource
from tsh_sync_gui.simulator.config import (
    ORGANIZATION_ID,
    STRICT_CLIENT_ID,
    STRICT_CLIENT_SECRET,
    STRICT_REDIRECT_URIS,
    STRICT_REFRESH_TOKEN,
    SimulatorConfig,
)
from tsh_sync_gui.simulator.regions import base
from tsh_sync_gui.simulator.server import Simulator, register, run

__all__ = [
    "ORGANIZATION_ID",
    "STRICT_CLIENT_ID",
    "STRICT_CLIENT_SECRET",
    "STRICT_REDIRECT_URIS",
    "STRICT_REFRESH_TOKEN",
    "Collection",
    "SimpleSource",
    "Simulator",
    "SimulatorConfig",
    "base",
    "register",
    "run",
]
