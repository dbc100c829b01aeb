"""Permissions: what is asked for, derived from the entities, and what of it a sign-in was given (zoho-api.md 1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tsh_sync_gui.entities.spec import Direction, Entity, Product

_WRITTEN: Final = ("CREATE", "UPDATE")
_WORDS: Final = {Product.BOOKS: "ZohoBooks", Product.INVENTORY: "ZohoInventory"}


def settings_scope(product: Product) -> str:
    """Return the permission that `GET /organizations` of *product* needs."""
    return f"{_WORDS[product]}.settings.READ"


def read_scopes(entity: Entity, products: frozenset[Product]) -> tuple[str, ...]:
    """Return what reading *entity* needs, the preferred product's permission first.

    Both products' where both serve it: one takes over where the other does not know the list.
    """
    return tuple(dict.fromkeys(api.scope for api in entity.apis if api.product in products))


def write_scopes(entity: Entity, products: frozenset[Product]) -> tuple[str, ...]:
    """Return what sending *entity* to Zoho needs, () for what is only read here."""
    if entity.direction is Direction.FROM_ZOHO:
        return ()
    return tuple(f"{scope.rpartition('.')[0]}.{word}" for scope in read_scopes(entity, products) for word in _WRITTEN)


def wanted_scopes(entities: Iterable[Entity], products: frozenset[Product]) -> tuple[str, ...]:
    """Return everything a sign-in asks for, each once, in a steady order."""
    found = {settings_scope(product) for product in products}
    for entity in entities:
        found.update(read_scopes(entity, products))
        found.update(write_scopes(entity, products))
    return tuple(sorted(found))


def covers(granted: Iterable[str], scope: str) -> bool:
    """Tell whether *granted* allows what *scope* names; Zoho's own letter case differs from page to page."""
    service, module, _ = scope.lower().split(".", 2)
    enough = {scope.lower(), f"{service}.{module}.all", f"{service}.fullaccess.all"}
    return any(one.lower() in enough for one in granted)


def missing_scopes(granted: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return which of *wanted* a sign-in with *granted* lacks."""
    held = tuple(granted)
    return tuple(scope for scope in wanted if not covers(held, scope))


def parse_scopes(text: str) -> frozenset[str]:
    """Return the permissions of a reply's `scope`, which Zoho joins by commas or blanks."""
    return frozenset(part for part in text.replace(",", " ").split() if part.count(".") == 2)
