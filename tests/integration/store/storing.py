"""A program that stores steps until it is killed: `python -m tests.integration.store.storing URL RUN`.

Page *n* holds items 10n … 10n+9; after a restart it goes on where the checkpoint stands.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec

from tests.integration.store.mirroring import PRODUCTS, item, page
from tsh_sync_gui.core.values import Phase, RunId
from tsh_sync_gui.engine.ports import Checkpoint, Step
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror import PgMirror

A_PAGE = 10


async def main(url: str, run: str) -> None:
    """Store page after page."""
    database = await Database.open(url, registry=REGISTRY)
    mirror = PgMirror(database, REGISTRY)
    async with database.raw() as connection:
        cursor = await connection.execute("SELECT checkpoint::text FROM sync.runs WHERE id = %s", (run,))
        row = await cursor.fetchone()
    number = msgspec.json.decode(row[0], type=Checkpoint).next_page if row and row[0] else 1
    while True:
        numbers = range(number * A_PAGE, (number + 1) * A_PAGE)
        await mirror.store(
            Step(
                leader=RunId(run),
                runs={"products": RunId(run)},
                phase=Phase.LIST,
                batches=(page(PRODUCTS, *(item(one) for one in numbers), {"name": f"bad {number}"}),),
                page_ids={number: [str(one) for one in numbers]},
                checkpoint=Checkpoint(next_page=number + 1),
            )
        )
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(main(*sys.argv[1:]))
