"""Tables as files, as the window exports them."""

from __future__ import annotations

from tsh_sync_gui.core.table_files import SUFFIXES, Exported, write_table

__all__ = ["SUFFIXES", "Exported", "write_table"]
