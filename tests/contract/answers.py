"""What simulated organizations answer to an endpoint, asked once and kept."""

from __future__ import annotations

from typing import Any

from tests.support.simulator import SimulatedZoho
from tsh_sync_gui.simulator import ORGANIZATION_ID

PATHS = {"books": "/books/v3", "inventory": "/inventory/v1"}
_MOST = 100


class Answers:
    """The replies of some organizations, by endpoint such as `books /invoices/{id}`."""

    def __init__(self, *organizations: SimulatedZoho) -> None:
        self._organizations = organizations
        self._kept: dict[tuple[str, tuple[tuple[str, Any], ...]], list[Any]] = {}

    def of(self, endpoint: str, **params: Any) -> list[Any]:
        """Return the replies to *endpoint*: of a list its first page, of details one reply per record."""
        key = (endpoint, tuple(sorted(params.items())))
        if key not in self._kept:
            self._kept[key] = [reply for zoho in self._organizations for reply in _asked(zoho, endpoint, params)]
        return self._kept[key]

    def values(self, endpoint: str, place: str, **params: Any) -> list[Any]:
        """Return what stands at *place* of the replies, such as `invoices[]`; the replies themselves for ''."""
        return picked(self.of(endpoint, **params), place)


def picked(replies: list[Any], place: str) -> list[Any]:
    """Return what stands at *place* of *replies*, where it stands."""
    found = replies
    for step in place.split(".") if place else ():
        key = step.removesuffix("[]")
        found = [value[key] for value in found if key in value]
        if step.endswith("[]"):
            found = [element for value in found for element in value]
    return found


def _asked(zoho: SimulatedZoho, endpoint: str, params: dict[str, Any]) -> list[Any]:
    product, path = endpoint.split(" ")
    base = PATHS[product]
    if path in {"/locations", "/organizations"}:
        reply = zoho.ask(base + path)
        return [reply.json()] if reply.status_code == 200 else []
    if path == "/organizations/{id}":
        return [zoho.read(f"{base}/organizations/{ORGANIZATION_ID}")]
    if path == "/itemdetails":
        return [zoho.read(base + path, item_ids=",".join(ids(zoho, product, "items")[:_MOST]))]
    if path.endswith("/{id}"):
        return [zoho.read(f"{base}{path.removesuffix('{id}')}{one}") for one in ids(zoho, product, path.split("/")[1])]
    return [zoho.read(base + path, **params)]


def ids(zoho: SimulatedZoho, product: str, name: str) -> list[str]:
    """Return the ids of the newest records of a list."""
    collection = zoho.simulator.simulation.tables[name].collection
    rows = zoho.read(f"{PATHS[product]}/{name}")[collection.plural]
    return [row[collection.id_key] for row in rows[:_MOST]]
