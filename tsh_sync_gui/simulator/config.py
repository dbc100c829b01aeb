"""What one simulated organization is like: sizes, limits, and the behaviours on which Zoho's sources disagree."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tsh_sync_gui.simulator.webhooks import Webhook

ORGANIZATION_ID = "748369814"
STRICT_CLIENT_ID = "1000.SIMULATEDCLIENT0000000000000001"
STRICT_CLIENT_SECRET = "5ec12e7000000000000000000000000000000001"  # noqa: S105 - opens only this toy
STRICT_REFRESH_TOKEN = "1000.5eed0000000000000000000000000001.5eed0000000000000000000000000002"  # noqa: S105 - likewise
STRICT_REDIRECT_URIS = tuple(f"http://localhost:{port}/callback" for port in (8976, 8977, 8978))
"""What the one client of `strict` has registered, unless told otherwise."""
LOCATIONS = ("us", "eu", "in", "au", "jp", "ca", "sa", "cn", "uk", "ae")
"""Zoho's data centres as its `location` parameter names them; the client is registered in the first."""
_CHOICES = {
    "region": LOCATIONS,
    "client_type": ("server", "mobile"),
    "wrong_region_error": ("invalid_client", "invalid_code"),
    "webhook_gap_growth": ("fixed", "additive", "multiplicative"),
}


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
    most_access_tokens: int = 15
    """Access tokens of one refresh token that live at a time; one more ends the oldest."""
    most_refresh_tokens: int = 20
    """Refresh tokens a user may have; one more ends the oldest."""
    codes_per_client: int = 10
    """Codes a client gets in ten minutes; then consent leads back with `access_denied`."""
    code_seconds: int = 120
    organizations: int = 1
    """How many the administrator sees; all but the first are empty."""
    region: str = "us"
    """The data centre that the accounts live in."""
    regions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Base address (or path here) per data centre; left out: the root for `us`, `/dc/<location>` for the others."""
    wrong_region_error: str = "invalid_client"
    """What a code or refresh token answers at another data centre than its own."""
    multi_dc: bool = True
    """The client works in all data centres; without it only in the one where it is registered, `us`."""
    client_type: str = "server"
    """`server` needs the secret, `mobile` needs PKCE."""
    client_name: str = "TSH Sync"
    redirect_uris: tuple[str, ...] = ()
    """What the client has registered; none means any, or with `strict` STRICT_REDIRECT_URIS."""
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
    webhooks: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    """What `Webhook.of` takes; the secrets in it are not shown."""
    webhook_tries: int = 5
    webhook_gap_ms: int = 60_000
    """Between the first try and the second."""
    webhook_gap_growth: str = "multiplicative"
    webhook_connect_ms: int = 5_000
    webhook_read_ms: int = 10_000
    webhooks_per_day: int = 1000
    """Changes that are told in a day; the plan decides."""
    webhooks_at_once: int = 8
    webhooks_waiting: int = 10_000
    """Deliveries that may wait; more are lost."""
    webhooks_for_stock: bool = False
    """Changes that leave the stamp as it is, such as stock that moves by documents, are edits too."""

    def __post_init__(self) -> None:
        """Raise ValueError naming a field whose value is none of its choices."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        for value in self.webhooks:
            Webhook.of(value, "0")
        if unknown := self.regions.keys() - set(LOCATIONS):
            raise ValueError(f"regions names {', '.join(sorted(unknown))}; known are {', '.join(LOCATIONS)}")

    @property
    def registered(self) -> tuple[str, ...]:
        """Return the redirect URIs that the client has registered; empty when any will do."""
        return self.redirect_uris or (STRICT_REDIRECT_URIS if self.strict else ())


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
        "webhooks",
    }
)


def reconfigured(config: SimulatorConfig, changes: dict[str, Any]) -> SimulatorConfig:
    """Return *config* with *changes*; raises ValueError naming a field that can't change or has a wrong kind."""
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ValueError(f"{name} is not a setting that can change while the simulator runs")
        texts = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else ()
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{name} must hold texts, not {value!r}")
        if type(value) is not type(getattr(config, name)):
            raise ValueError(f"{name} must be a {type(getattr(config, name)).__name__}, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{name} must not be negative, not {value}")
    return replace(config, **changes)
