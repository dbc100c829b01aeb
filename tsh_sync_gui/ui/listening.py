"""Starts, ends and tests the listener for the window; the imports wait until somebody asks."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any, Protocol

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.ui.state.listener import Listening


class ListenerDesk(Protocol):
    """What a window does with the listener of this computer; every method is awaited on the engine's loop."""

    async def look(self) -> Listening:
        """Return how it stands."""
        ...

    async def start(self) -> Listening:
        """Start it; UnreachableError says why it does not."""
        ...

    async def stop(self) -> Listening:
        """End the one that a window started."""
        ...

    async def restart(self) -> Listening:
        """End the one that a window started and start it where the settings say; UnreachableError says why not."""
        ...

    async def send_test(self) -> str:
        """Send it a ping as Zoho would a delivery; returns where it arrived and how fast."""
        ...

    async def stir(self) -> int:
        """Let the demo's simulated Zoho change records and deliver that; returns how many."""
        ...

    async def send_wrong(self) -> None:
        """Let the demo's listener get a delivery whose signature does not match."""
        ...


class ProgramListener:
    """Fulfils ListenerDesk with the settings of the service that is open."""

    def __init__(self, opened: Callable[[], Loaded | None]) -> None:
        self._opened = opened

    async def look(self) -> Listening:
        """Return how it stands."""
        return await self._do("look")  # type: ignore[no-any-return]  # the module is imported late

    async def start(self) -> Listening:
        """Start it; it goes on when the window closes."""
        return await self._do("start")  # type: ignore[no-any-return]  # as above

    async def stop(self) -> Listening:
        """End the one that a window started."""
        return await self._do("stop")  # type: ignore[no-any-return]  # as above

    async def restart(self) -> Listening:
        """End the one that a window started, and start it where the settings say."""
        return await self._do("restart")  # type: ignore[no-any-return]  # as above

    async def send_test(self) -> str:
        """Send it a ping."""
        return await self._do("send_test")  # type: ignore[no-any-return]  # as above

    async def stir(self) -> int:
        """Let the demo's simulated Zoho change records."""
        return await self._do("stir")  # type: ignore[no-any-return]  # as above

    async def send_wrong(self) -> None:
        """Let the demo's listener get a delivery whose signature does not match."""
        await self._do("send_wrong")

    async def _do(self, deed: str) -> Any:
        loaded = self._opened()
        if loaded is None:
            raise ConfigurationError("The database is not open yet", advice="Wait until it is.")
        process = await asyncio.to_thread(importlib.import_module, "tsh_sync_gui.bootstrap.listener_process")
        return await getattr(process, deed)(loaded)
