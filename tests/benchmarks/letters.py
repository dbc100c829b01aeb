"""How quickly 100,000 dead letters are opened, grouped, filtered and chosen: `python -m tests.benchmarks.letters`.

On an embedded server with its own settings. The last line of output is JSON: seconds of each (the slowest of five
after one to warm up), and the memory of this process in MB before and after all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.support.postgres import reachable_home
from tsh_sync_gui.engine.letters.export import write_letters
from tsh_sync_gui.engine.letters.query import LetterQuery
from tsh_sync_gui.engine.letters.search import parse
from tsh_sync_gui.engine.letters.values import Deed, Letter, LetterOrder
from tsh_sync_gui.engine.letters.words import cause_of, searchable
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import EmbeddedServer
from tsh_sync_gui.store.letter_deeds import PgLetterDeeds
from tsh_sync_gui.store.letter_works import PgLetterWorks
from tsh_sync_gui.store.letters import PgLetters

ME: Final = "sara"
TIMES: Final = 5
COLUMNS: Final = (
    "entity, part, record_id, record_key, state, cause, field, value, reason, payload, run_id, label, words,"
    " first_seen_at, last_seen_at"
)


def rows(number: int) -> Iterator[tuple[Any, ...]]:
    """Yield letters of 40 causes; every tenth is resolved already, each text is about 2 KB."""
    chance, names, now = random.Random(7), [entity.name for entity in REGISTRY], datetime.now(UTC)
    for at in range(number):
        field = f"field_{at % 40 // 8}"
        reason = f"Zoho sent a value we cannot read: “{field}” is no number ({at}) of kind {at % 8 * 'x'}"
        record = {"id": str(5 * 10**18 + at), "name": f"كابل شاحن {at} Cable", "sku": f"SKU-{at % 5000}"} | {
            f"a_members_long_name_{one}": f"{chance.getrandbits(56):x}" for one in range(45)
        }
        payload = json.dumps(record, ensure_ascii=False).encode()
        words = searchable(payload, {"id": record["id"], "label": record["name"], "error": reason})
        seen = now - timedelta(minutes=at % 10_000)
        state = "resolved" if at % 10 == 9 else "open"
        entity, cause = names[at % len(names)], cause_of(field, reason)
        yield (
            *(entity, "list", record["id"], record["id"], state, cause, field, "x", reason, payload, "run-1"),
            *(record["name"], words, seen, seen),
        )


async def fill(database: Database, number: int) -> None:
    """Write the letters."""
    async with database.raw() as connection, connection.cursor() as cursor:
        async with cursor.copy(f"COPY sync.dead_letters ({COLUMNS}) FROM STDIN".encode()) as copy:
            for row in rows(number):
                await copy.write_row(row)
        await cursor.execute("ANALYZE sync.dead_letters")


async def seconds(work: Callable[[], Awaitable[Any]]) -> float:
    """Return the slowest of a few times."""
    await work()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return round(max(taken), 3)


def search(text: str = "") -> LetterQuery:
    """Return a search as the window asks for it."""
    return parse(text, now=datetime.now(UTC), me=ME)


async def measure(database: Database, number: int) -> dict[str, Any]:
    """Return the figures."""
    letters, deeds, works = PgLetters(database, REGISTRY), PgLetterDeeds(database), PgLetterWorks(database, REGISTRY)
    group = max(await letters.groups(search(), person=ME), key=lambda one: one.count)
    first = await letters.page(search(), person=ME)
    found: dict[str, Any] = {
        "letters": number,
        "open_list_s": await seconds(lambda: letters.page(search(), person=ME)),
        "next_page_s": await seconds(lambda: letters.page(search(), person=ME, after=first.after)),
        "sorted_by_record_s": await seconds(lambda: letters.page(search(), person=ME, order=LetterOrder.RECORD)),
        "open_one_s": await seconds(lambda: letters.letters([first.letters[0].id])),
        "figures_s": await seconds(lambda: letters.figures(person=ME)),
        "groups_s": await seconds(lambda: letters.groups(search(), person=ME)),
        "letters_of_group_s": await seconds(lambda: letters.page(search(group.search), person=ME)),
        "select_all_s": await seconds(lambda: letters.ids(search(), person=ME)),
        "retry_outline_s": await seconds(lambda: works.outline(search(), person=ME)),
    }
    for name, text in {
        "filter_entity_s": "entity:customers",
        "filter_text_s": "كابل شاحن 777",
        "filter_nothing_s": "there is none of this",
        "filter_sku_s": "sku:SKU-77",
        "filter_error_s": 'error:"field_3"',
        "filter_age_s": "age>2d tries:1 -entity:products",
        "filter_new_s": "is:new",
    }.items():
        found[name] = await seconds(lambda text=text: letters.page(search(text), person=ME))  # type: ignore[misc]  # a default binds it
        found[name.replace("filter", "groups_of")] = await seconds(
            lambda text=text: letters.groups(search(text), person=ME)  # type: ignore[misc]  # likewise
        )
    began = time.perf_counter()
    await deeds.do(search(group.search), Deed.ASSIGN, by=ME, words=ME)
    found["assign_group_s"] = round(time.perf_counter() - began, 3)
    found["group"] = group.count
    return found


async def export(database: Database) -> dict[str, Any]:
    """Return how long all letters take into an Excel file."""
    letters, after = PgLetters(database, REGISTRY), ""
    gathered: list[Letter] = []
    began = time.perf_counter()
    while True:
        page = await letters.page(search("state:all"), person=ME, after=after, limit=10_000)
        gathered += page.letters
        after = page.after
        if not after:
            break
    read = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        write_letters(Path(folder, "letters.xlsx"), gathered)
    return {"export_read_s": round(read, 1), "export_xlsx_s": round(time.perf_counter() - began, 1)}


def memory() -> int:
    """Return this process's largest memory so far, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


async def run(number: int, *, with_export: bool) -> dict[str, Any]:
    """Fill a database and measure."""
    with reachable_home("letters") as home:
        server = EmbeddedServer(home)
        with server.lease() as endpoint:
            database = await Database.open(endpoint.sqlalchemy_url, registry=REGISTRY)
            try:
                await fill(database, number)
                found = {"memory_before_mb": memory()} | await measure(database, number)
                found["memory_mb"] = memory()
                if with_export:
                    found |= await export(database) | {"memory_with_export_mb": memory()}
            finally:
                await database.close()
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=100_000)
    parser.add_argument("--export", action="store_true", help="measure the Excel file, too")
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        sys.stdout.write(json.dumps(runner.run(run(asked.letters, with_export=asked.export))) + "\n")


if __name__ == "__main__":
    main()
