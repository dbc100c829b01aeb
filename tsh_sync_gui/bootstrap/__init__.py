"""The only wiring: connects engine, database and Zoho into a service, for real or as a demo."""

from tsh_sync_gui.bootstrap.demo import open_demo, resize_demo
from tsh_sync_gui.bootstrap.wiring import open_service

__all__ = ["open_demo", "open_service", "resize_demo"]
