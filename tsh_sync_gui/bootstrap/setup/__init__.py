"""Connecting a real Zoho, step by step: what the wizard and `tsh-sync auth` stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.service import Setup

__all__ = ["open_setup"]


@asynccontextmanager
async def open_setup(
    home: Path | None = None,
    *,
    progress: Callable[[str], None] = lambda _words: None,
    ports: Sequence[int] | None = None,
    browser_seconds: float = 300.0,
    environment: bool = True,
    overrides: Mapping[str, Any] | None = None,
) -> AsyncIterator[Setup]:
    """Give the set-up of *home*; starts no server and makes no call before it is asked to.

    *progress* hears of what takes its time. Tests give other *ports* (0: any that is free).
    """
    # Imported late: the values beside this module are read by those who have no use for the engine.
    from tsh_sync_gui.bootstrap.setup.ground import Terms  # noqa: PLC0415
    from tsh_sync_gui.bootstrap.setup.service import Setup  # noqa: PLC0415
    from tsh_sync_gui.core.paths import default_home  # noqa: PLC0415
    from tsh_sync_gui.zoho.receiver import PORTS  # noqa: PLC0415

    terms = Terms(
        ports=tuple(ports if ports is not None else PORTS),
        browser_seconds=browser_seconds,
        environment=environment,
        overrides=overrides or {},
        progress=progress,
    )
    setup = Setup(home or default_home(), terms)
    setup.ground.latest = await setup.ground.machine()
    try:
        yield setup
    finally:
        await setup.close()
