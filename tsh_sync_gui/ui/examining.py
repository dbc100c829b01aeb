"""Runs the doctor in the engine for the window; its imports wait until somebody asks."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded


class Examiner:
    """Examines the settings as they are now; *opened* gives those of the demo, which has no others."""

    def __init__(self, opened: Callable[[], Loaded | None], *, demo: bool) -> None:
        self._opened = opened
        self._demo = demo

    async def examine(self, tell: Callable[[Any], None]) -> None:
        """Tell the outline, then each finding as it comes, and words of what takes its time."""
        doctor = await asyncio.to_thread(importlib.import_module, "tsh_sync_gui.bootstrap.doctor")
        tell(doctor.checks())
        told = await asyncio.to_thread(doctor.read) if not self._demo else self._of_demo()
        async with aclosing(doctor.examine(told, progress=tell)) as findings:
            async for finding in findings:
                tell(finding)

    def _of_demo(self) -> Loaded:
        loaded = self._opened()
        if loaded is None:
            raise ConfigurationError("The demo is not open yet", advice="Wait until it is, and check again.")
        return loaded
