"""All entities. A tuple of imports: a folder scan would hide from mypy, from readers and from PyInstaller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.entities.credit_notes import CREDIT_NOTES
from tsh_sync_gui.entities.customers import CUSTOMERS
from tsh_sync_gui.entities.invoices import INVOICES
from tsh_sync_gui.entities.payments import PAYMENTS
from tsh_sync_gui.entities.price_lists import PRICE_LISTS
from tsh_sync_gui.entities.products import PRODUCTS
from tsh_sync_gui.entities.sales_orders import SALES_ORDERS
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.entities.stock_levels import STOCK_LEVELS


class Registry:
    """A set of entities in dependency order, found by name, Zoho's name or HTTP route."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self.all = tuple(sorted(entities, key=lambda entity: entity.rank))
        self._names: dict[str, Entity] = {}
        for entity in self.all:
            for name in (entity.name, entity.zoho, entity.route):
                self._names.setdefault(name.lower().replace("-", "_"), entity)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.all)

    def get(self, name: str) -> Entity:
        """Return the entity called *name*; ConfigurationError names the choices."""
        found = self._names.get(name.lower().replace("-", "_"))
        if found is None:
            choices = ", ".join(entity.name for entity in self.all)
            raise ConfigurationError(f"There is no entity “{name}”", advice=f"Choose from: {choices}.")
        return found

    def walk(self, name: str) -> tuple[Entity, ...]:
        """Return the entities that the walk *name* serves, in dependency order."""
        return tuple(entity for entity in self.all if entity.walk == name)


REGISTRY = Registry(
    (PRODUCTS, STOCK_LEVELS, CUSTOMERS, SALES_ORDERS, INVOICES, PAYMENTS, PRICE_LISTS, CREDIT_NOTES),
)
