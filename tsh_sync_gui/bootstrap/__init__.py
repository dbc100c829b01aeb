"""The only wiring: connects engine, database and Zoho into a service, for real or as a demo."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.demo import open_demo, resize_demo
    from tsh_sync_gui.bootstrap.wiring import open_service

__all__ = ["open_demo", "open_service", "resize_demo"]
# Found when they are asked for: the demo's keeper lives beside them and has no use for engine and client.
_PLACES: Final = {"open_demo": "demo", "resize_demo": "demo", "open_service": "wiring"}


def __getattr__(name: str) -> Any:
    """Import what the package gives from its module."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
