"""What checking and rendering costs a record: `python -m tests.benchmarks.normalize [--n N]`; last line JSON."""

import argparse
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from msgspec import Raw

from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.registry import REGISTRY

PAGE = 200
ROUNDS = 3
UNKNOWN = ("source", "zcrm_product_id", "account_id", "account_name", "purchase_description", "tax_name", "isbn")
EMPTY = tuple(f"attribute_{part}{n}" for part in ("id", "name", "type", "option_id", "option_name") for n in (1, 2, 3))
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def item(number: int, chance: random.Random) -> dict[str, object]:
    """Return an item's list row of about 2 KB; every fifth holds escapes, all hold Arabic."""
    stock = float(chance.randrange(500))
    name = f"Charger USB-C {number} شاحن سريع للهاتف"
    day = f"2026-{chance.randrange(1, 11):02}-{chance.randrange(1, 28):02}T{chance.randrange(24):02}"
    return {
        "item_id": str(2646000000000000000 + number * 37),
        "name": name,
        "item_name": name,
        "sku": f"SKU-{number:06}",
        "status": "active",
        "unit": "pcs",
        "description": "كابل شحن سريع نوع سي " * 8 + ('5" \\ 6\nnew line' if number % 5 == 0 else ""),
        "brand": "Samsung",
        "manufacturer": "",
        "category_id": str(4261357000000030000 + chance.randrange(40)),
        "category_name": "Chargers",
        "group_id": "",
        "rate": chance.randrange(100, 900000) / 100,
        "purchase_rate": chance.randrange(100, 900000) / 100,
        "item_type": "inventory",
        "product_type": "goods",
        "is_combo_product": False,
        "track_inventory": True,
        "tax_id": "",
        "upc": "",
        "ean": "",
        "part_number": "",
        "reorder_level": "",
        "stock_on_hand": stock,
        "available_stock": stock - chance.randrange(3),
        "actual_available_stock": stock,
        "image_name": "charger.jpg",
        "image_document_id": str(4261357000009000000 + number),
        "vendor_name": "",
        "created_time": f"{day}:{chance.randrange(60):02}:{chance.randrange(60):02}+0300",
        "last_modified_time": f"{day}:{chance.randrange(60):02}:{chance.randrange(60):02}+0300",
        "tags": [],
        **dict.fromkeys(UNKNOWN, "Some value of no interest here"),
        **dict.fromkeys(EMPTY, ""),
    }


def order(number: int, chance: random.Random) -> dict[str, object]:
    """Return a document's detail with five lines."""
    line = {
        "name": "Charger USB-C",
        "description": "شاحن",
        "quantity": 2.0,
        "unit": "pcs",
        "discount": "",
        "tax_name": "",
    }
    return {
        "salesorder_id": str(2646000000000000000 + number),
        "last_modified_time": "2026-11-01T10:24:19+0300",
        "sub_total": chance.randrange(100, 900000) / 100,
        "tax_total": 0.0,
        "notes": "شكرا لكم",
        "terms": "",
        "custom_fields": [],
        "line_items": [
            line | {"line_item_id": str(number * 10 + at), "item_id": str(at), "rate": 12.5, "item_total": 25.0}
            for at in range(5)
        ],
        **dict.fromkeys(UNKNOWN, "Some value of no interest here"),
    }


def pages(make: Callable[[int, random.Random], dict[str, object]], number: int) -> list[list[Raw]]:
    """Return *number* records as pages of undecoded records."""
    chance = random.Random(20261122)
    records = [msgspec.json.encode(make(at, chance)) for at in range(number)]
    return [
        msgspec.json.decode(b"[" + b",".join(records[at : at + PAGE]) + b"]", type=list[Raw])
        for at in range(0, number, PAGE)
    ]


def cost(work: Callable[[list[Raw]], object], read: list[list[Raw]]) -> dict[str, float]:
    """Return microseconds of CPU a record, and the longest page in milliseconds; the best of some rounds."""
    best, longest = float("inf"), float("inf")
    for _ in range(ROUNDS):
        slowest = 0.0
        start = time.process_time()
        for page in read:
            begin = time.perf_counter()
            work(page)
            slowest = max(slowest, time.perf_counter() - begin)
        best = min(best, time.process_time() - start)
        longest = min(longest, slowest)
    return {"us_per_record": round(best / sum(map(len, read)) * 1e6, 2), "longest_page_ms": round(longest * 1e3, 2)}


def main() -> None:
    """Print a line for each kind of work, and all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000)
    number = parser.parse_args().n
    products, stock, orders = (Normalizer(REGISTRY.get(name)) for name in ("products", "stock_levels", "sales_orders"))
    items, documents = pages(item, number), pages(order, number)
    numbers_as_names = [[Raw(bytes(record).replace(b'"unit":"pcs"', b'"unit":1')) for record in page] for page in items]
    figures: dict[str, object] = {
        "n": number,
        "bytes": round(sum(len(bytes(one)) for one in items[0]) / len(items[0])),
        "products": cost(lambda page: products.page(page, observed_at=NOW), items),
        "stock": cost(lambda page: stock.page(page, observed_at=NOW), items),
        "careful_way": cost(lambda page: products.page(page, observed_at=NOW), numbers_as_names),
        "order_details": cost(lambda page: orders.details(page, observed_at=NOW), documents),
    }
    for name, figure in figures.items():
        print(f"{name:15} {figure}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
