"""What one simulated organization is like: sizes, limits, and the behaviours on which Zoho's sources disagree."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

ORGANIZATION_ID = "748369814"
STRICT_CLIENT_ID = "1000.SIMULATEDCLIENT0000000000000001"
STRICT_CLIENT_SECRET = "5ec12e7000000000000000000000000000000001"  # noqa: S105 - opens only this toy
STRICT_REFRESH_TOKEN = "1000.5eed0000000000000000000000000001.5eed0000000000000000000000000002"  # noqa: S105 - likewise


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One simulated organization; equal values give equal data."""

    items: int = 1250
    customers: int = 340
    orders: int = 2000
    invoices: int = 2000
    payments: int = 1500
    credit_notes: int = 100
    price_lists: int = 6
    locations: int = 3
    seed: int = 1
    per_minute: int = 100
    per_day: int = 1000
    concurrency: int = 5
    token_seconds: int = 3600
    token_refreshes: int = 10
    """Token requests a refresh token may make in ten minutes before HTTP 400."""
    strict: bool = False
    client_id: str = STRICT_CLIENT_ID
    client_secret: str = STRICT_CLIENT_SECRET
    refresh_token: str = STRICT_REFRESH_TOKEN
    state_file: Path | None = None
    faults: tuple[dict[str, Any], ...] = ()
    latency_ms: int = 0
    """Added to every API answer."""
    aligned_minutes: bool = False
    """Count calls per calendar minute instead of the last 60 seconds."""
    no_rate_headers: bool = False
    retry_after: bool = False
    """Send Retry-After with 429; no source says that Zoho does."""
    bulk_missing: bool = False
    """`/itemdetails` answers 404 code 5, as on an organization without it."""
    warehouses: bool = False
    """The organization has not moved from warehouses to locations."""
    books_only: bool = False
    inventory_only: bool = False
    exclusive_times: bool = False
    """`last_modified_time` means later than, instead of not earlier than."""
    ignore_time_filters: bool = False
    page_size_error: bool = False
    """`per_page` above 200 is refused instead of capped."""
    compressed: bool = True
    """Answer with gzip where the client accepts it."""


CHANGEABLE = frozenset(
    field.name
    for field in fields(SimulatorConfig)
    if field.name
    not in {
        "items",
        "customers",
        "orders",
        "invoices",
        "payments",
        "credit_notes",
        "price_lists",
        "locations",
        "seed",
        "state_file",
        "faults",
    }
)


def reconfigured(config: SimulatorConfig, changes: dict[str, Any]) -> SimulatorConfig:
    """Return *config* with *changes*; raises ValueError naming a field that can't change or has a wrong kind."""
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ValueError(f"{name} is not a setting that can change while the simulator runs")
        if type(value) is not type(getattr(config, name)):
            raise ValueError(f"{name} must be a {type(getattr(config, name)).__name__}, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{name} must not be negative, not {value}")
    return replace(config, **changes)
