"""Scopes: which there are, which one a call needs, and how they read (zoho-api.md 1.5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from tsh_sync_gui.simulator.collection import BOOKS, INVENTORY

SERVICES = {BOOKS: "ZohoBooks", INVENTORY: "ZohoInventory"}
FULL = "ZohoBooks.fullaccess.all,ZohoInventory.fullaccess.all"
_OPERATIONS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
_VERBS = {"CREATE": "create", "READ": "read", "UPDATE": "change", "DELETE": "delete", "ALL": "read and write"}
_MODULES = {
    "ZohoBooks": frozenset(
        {
            *("contacts", "settings", "estimates", "invoices", "customerpayments", "creditnotes", "projects"),
            *("expenses", "salesorders", "purchaseorders", "bills", "debitnotes", "vendorpayments", "banking"),
            "accountants",
        }
    ),
    "ZohoInventory": frozenset(
        {
            *("items", "compositeitems", "contacts", "salesorders", "invoices", "customerpayments", "creditnotes"),
            *("settings", "warehouses", "inventoryadjustments", "packages", "purchaseorders", "bills", "debitnotes"),
            *("deliverychallans", "moveorder", "picklists", "projects", "purchasereceives", "purchasereturns"),
            *("putaway", "reports", "salesreturnreceives", "salesreturns", "shipmentorders", "transferorders"),
        }
    ),
}
_TITLES = {"ZohoBooks": "Zoho Books", "ZohoInventory": "Zoho Inventory", "AaaServer": "Zoho Accounts"}
_WORDS = {
    "fullaccess": "everything",
    "settings": "settings, price lists, taxes and locations",
    "items": "items, stock and pictures",
    "compositeitems": "composite items",
    "salesorders": "sales orders",
    "customerpayments": "customer payments",
    "creditnotes": "credit notes",
    "purchaseorders": "purchase orders",
    "vendorpayments": "vendor payments",
    "inventoryadjustments": "inventory adjustments",
    "profile": "name and e-mail address",
}
_BY_PATH = {
    BOOKS: {"compositeitems": "settings", "documents": "settings"},
    INVENTORY: {"compositeitems": "compositeitems", "documents": "items"},
}
"""Modules of paths that no list of ours speaks for; all else is the organization's settings."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One `Service.module.OPERATION`."""

    service: str
    module: str
    operation: str

    @property
    def is_known(self) -> bool:
        """Tell whether Zoho has such a scope; items have no module of their own in Books."""
        if (self.service, self.module, self.operation) == ("AaaServer", "profile", "READ"):
            return True
        known = _MODULES.get(self.service, frozenset())
        if self.module == "fullaccess":
            return bool(known) and self.operation == "ALL"
        return self.module in known and self.operation in _VERBS


def parsed(text: str) -> tuple[Scope, ...]:
    """Return the scopes of a list joined by commas or spaces; raises ValueError naming one that Zoho doesn't have."""
    services = {name.casefold(): name for name in _TITLES}
    found = []
    for part in text.replace(" ", ",").split(","):
        if not part:
            continue
        words = part.split(".")
        if len(words) != 3:
            raise ValueError(part)
        service = services.get(words[0].casefold(), words[0])
        scope = Scope(service, words[1].casefold(), words[2].upper())
        if not scope.is_known:
            raise ValueError(part)
        found.append(scope)
    if not found:
        raise ValueError(text)
    return tuple(found)


def module_of(product: str, path: str) -> str:
    """Return the OAuth module of a path that belongs to no list."""
    return _BY_PATH[product].get(path.partition("/")[0], "settings")


def covers(granted: str, product: str, module: str, method: str) -> bool:
    """Say whether granted scopes allow a call."""
    have = {part.casefold() for part in granted.replace(" ", ",").split(",")}
    service = SERVICES[product]
    wanted = (
        f"{service}.fullaccess.all",
        f"{service}.{module}.ALL",
        f"{service}.{module}.{_OPERATIONS.get(method, 'READ')}",
    )
    return any(name.casefold() in have for name in wanted)


def described(scopes: Iterable[Scope]) -> dict[str, list[str]]:
    """Return what a person reads: per product a line for each module, with what may be done to it."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for scope in scopes:
        held = verbs.setdefault((scope.service, scope.module), [])
        if _VERBS[scope.operation] not in held:
            held.append(_VERBS[scope.operation])
    lines: dict[str, list[str]] = {}
    for (service, module), words in verbs.items():
        title = _WORDS.get(module, module)
        if module == "settings" and service == "ZohoBooks":
            title = f"items, {title}"
        lines.setdefault(_TITLES[service], []).append(f"{title[0].upper()}{title[1:]}: {', '.join(words)}")
    return lines
