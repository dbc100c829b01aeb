"""What the double of the set-up answers."""

from __future__ import annotations

from pathlib import Path

from tsh_sync_gui.bootstrap.setup.values import (
    DatabaseTrial,
    DataCentre,
    EntityCheck,
    EnvFile,
    EnvLine,
    OrganizationChoice,
    PlanQuota,
    WebhookEvent,
)
from tsh_sync_gui.entities.registry import REGISTRY

CLIENT_ID = "1000.AB12CD34EF56GH78IJ90KL12MN34OP"
CLIENT_SECRET = "0123456789abcdef0123456789abcdef0123456789"
SECRET = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"
ADDRESS = "http://localhost:8976/callback?code=1000.abc.def&state=S1&location=us"
SCOPES = "ZohoBooks.contacts.ALL,ZohoBooks.invoices.READ,ZohoInventory.items.READ,ZohoInventory.salesorders.ALL"
REGIONS = (
    ("us", "United States", "com"),
    ("eu", "Europe", "eu"),
    ("in", "India", "in"),
    ("au", "Australia", "com.au"),
    ("jp", "Japan", "jp"),
    ("ca", "Canada", "ca"),
    ("sa", "Saudi Arabia", "sa"),
    ("cn", "China", "com.cn"),
    ("uk", "United Kingdom", "uk"),
    ("ae", "United Arab Emirates", "ae"),
)
CENTRES = tuple(
    DataCentre(
        location=key,
        title=title,
        accounts_url=f"https://accounts.zoho.{end}",
        api_url=f"https://www.zohoapis.{end}",
        console_url=f"https://api-console.zoho.{end}",
    )
    for key, title, end in REGIONS
)
EMBEDDED = DatabaseTrial(
    address="embedded", version="18.6", is_embedded=True, tables_missing=("tsh.products", "tsh.customers", "sync.runs")
)
SERVER = DatabaseTrial(
    address="postgresql://tsh@erp.tsh.local:5432/tsh_erp",
    version="15.8",
    is_embedded=False,
    tables_present=0,
    tables_missing=("tsh.products", "tsh.customers", "tsh.invoices", "sync.runs", "sync.settings"),
)
ORGANIZATIONS = (
    OrganizationChoice(id="748369814", name="TSH Trading", currency_code="IQD", time_zone="Asia/Baghdad"),
    OrganizationChoice(id="748369999", name="TSH Retail – معرض الكرادة", currency_code="IQD", time_zone="Asia/Baghdad"),
    OrganizationChoice(
        id="700000001",
        name="Example Ltd (old)",
        currency_code="USD",
        time_zone="Europe/London",
        refusal="This database mirrors TSH Trading (748369814).",
    ),
)
EVENTS = tuple(
    WebhookEvent(entity=one.name, title=one.title, change=change, module=one.module)
    for one in REGISTRY
    for change in one.events
)
PLANS = (
    PlanQuota(title="Free", per_day=1000, concurrency=5),
    PlanQuota(title="Standard", per_day=2000, concurrency=10),
    PlanQuota(title="Professional", per_day=5000, concurrency=10),
    PlanQuota(title="Premium", per_day=10000, concurrency=10),
)
MINUTES = {"sales_orders": 60, "invoices": 60, "customers": 60, "payments": 120, "credit_notes": 240}
SIZES = (1250, 6, 1250, 340, 2000, 2000, 1500, 100)


def env_file(path: Path) -> EnvFile:
    """A `.env` with two good and two bad lines."""
    return EnvFile(
        path=path,
        lines=(
            EnvLine(number=1, variable="ZOHO_CLIENT_ID", shown=CLIENT_ID),
            EnvLine(number=2, variable="ZOHO_CLIENT_SECRET", shown="••••••••6789"),
            EnvLine(number=3, variable="ZOHO_DAILY_LIMTI", problem="There is no setting of this name."),
            EnvLine(number=5, variable="ZOHO_RATE_LIMIT_PER_MINUTE", shown="zero", problem="Allowed: 1 to 1,000,000."),
            EnvLine(number=7, problem="This is not NAME=value."),
        ),
        values={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    )


def good_checks() -> list[EntityCheck]:
    """One line per entity, all allowed."""
    return [
        EntityCheck(
            entity=one.name,
            title=one.title,
            may_read=True,
            may_write=None if one.direction.value == "from_zoho" else True,
            sample=min(200, SIZES[place % len(SIZES)]),
            more=SIZES[place % len(SIZES)] > 200,
        )
        for place, one in enumerate(REGISTRY)
    ]
