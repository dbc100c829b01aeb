"""The embedded PostgreSQL: one server per home, shared by every process of the machine."""

from tsh_sync_gui.store.embedded.binaries import OVERRIDE, Binaries, find_binaries
from tsh_sync_gui.store.embedded.endpoint import Endpoint
from tsh_sync_gui.store.embedded.server import (
    EmbeddedServer,
    ServerState,
    ServerStatus,
    Stopped,
    stop_all_below,
)

__all__ = [
    "OVERRIDE",
    "Binaries",
    "EmbeddedServer",
    "Endpoint",
    "ServerState",
    "ServerStatus",
    "Stopped",
    "find_binaries",
    "stop_all_below",
]
