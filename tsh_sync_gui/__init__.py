"""Keep a PostgreSQL ERP database and a Zoho Books / Zoho Inventory organization in step.

from tsh_sync_gui import connect

async with connect() as sync:
    result = await sync.products(full=True)
    print(result.total_synced)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.api import Connection

__all__ = ["connect"]


def connect(*, home: Path | None = None, settings: Mapping[str, Any] | None = None, demo: bool = False) -> Connection:
    """Return a connection for `async with`: the machine's settings, overridden by *settings* (by field name).

    *home* stands for TSH_HOME. With *demo* it is the demo's simulated Zoho. On Windows run it on a selector loop:
    `asyncio.run(main(), loop_factory=asyncio.SelectorEventLoop)` (3.12+), or asyncio.Runner before.
    """
    # Imported here: the parts take a second, and `import tsh_sync_gui` shall not.
    from tsh_sync_gui.bootstrap.api import Connection  # noqa: PLC0415

    return Connection(home=home, settings=settings, demo=demo)
