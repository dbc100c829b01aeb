"""Books v3 and Inventory v1 over one store: which path answers what."""

import json
from collections.abc import Callable
from urllib.parse import parse_qsl

from tsh_sync_gui.simulator import accounts, replies, scopes
from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.collection import BOOKS, INVENTORY, Row
from tsh_sync_gui.simulator.config import ORGANIZATION_ID
from tsh_sync_gui.simulator.data.items import first_picture_index
from tsh_sync_gui.simulator.faults import ROWS, Rule, spoiled, spoiled_record
from tsh_sync_gui.simulator.grants import Grant
from tsh_sync_gui.simulator.listing import list_request, page_context
from tsh_sync_gui.simulator.oauth import OAuth
from tsh_sync_gui.simulator.pictures import picture
from tsh_sync_gui.simulator.replies import RefusedError, Reply
from tsh_sync_gui.simulator.selection import Test
from tsh_sync_gui.simulator.simulation import Request, Simulation
from tsh_sync_gui.simulator.table import Table
from tsh_sync_gui.simulator.webhooks_control import answer_api

PREFIXES = {"/books/v3/": BOOKS, "/inventory/v1/": INVENTORY}
_MOST_IDS = 100
_PICTURE_TYPES = {"jpg": b"image/jpeg", "png": b"image/png"}
_LISTS_WITHIN = {
    "contactpersons": "contact_persons",
    "address": "addresses",
    "payments": "payments",
    "refunds": "refunds",
}


class Api:
    """The two products of the organization."""

    def __init__(self, simulation: Simulation, oauth: OAuth) -> None:
        self._simulation = simulation
        self._oauth = oauth
        self._settings: dict[str, Callable[[], Row]] = {
            "locations": lambda: {"locations": org.locations(simulation.config)},
            "settings/warehouses": lambda: {"warehouses": org.warehouses(simulation.config)},
            "settings/currencies": lambda: {"currencies": org.currencies()},
            "settings/taxes": lambda: {"taxes": org.taxes()},
        }

    def answer(self, request: Request, fault: Rule | None = None) -> Reply:
        """Answer a request below one of the products' prefixes; raises RefusedError for Zoho's errors."""
        product, path = split_product(request.path)
        grant = self._authenticated(request)
        parts = [part for part in path.split("/") if part]
        if not parts:
            raise RefusedError(replies.wrong_address())
        if parts[0] == "organizations":
            _check_scope(grant, product, "settings", request.method)
            return self._organizations(parts[1:], product, grant.user)
        organization = self._organization(request, product, grant.user)
        name = {"compositeitems": "items", "itemdetails": "items"}.get(parts[0], parts[0])
        table = self._simulation.tables.get(name)
        if table is None or product not in table.collection.products:
            _check_scope(grant, product, scopes.module_of(product, path), request.method)
            if parts[:2] == ["settings", "webhooks"] and organization == ORGANIZATION_ID:
                body = _body(request) if request.method == "POST" else {}
                return answer_api(self._simulation, request, parts[2:], body)
            return self._setting("/".join(parts), is_ours=organization == ORGANIZATION_ID)
        module = table.collection.scopes.get(product, "")
        _check_scope(
            grant, product, scopes.module_of(product, path) if parts[0] == "compositeitems" else module, request.method
        )
        if organization != ORGANIZATION_ID:
            return self._empty(table, parts, request, product)
        reply = self._routed(table, parts, request, product, fault)
        if table.collection.localise is not None and reply.content_type == replies.JSON_TYPE:
            reply.body = table.collection.localise(reply.body, product)
        return reply

    # Who asks --------------------------------------------------------------------------------------------------------

    def _authenticated(self, request: Request) -> Grant:
        header = request.headers.get("authorization", "")
        if not header:
            raise RefusedError(replies.error(401, 14, "Invalid value passed for authtoken."))
        word, _, token = header.partition(" ")
        grant = self._oauth.grant_of(token.strip()) if word.casefold() == "zoho-oauthtoken" else None
        if grant is None or grant.region != request.region:
            raise RefusedError(replies.unauthorized())
        return grant

    def _lacks(self, product: str) -> bool:
        config = self._simulation.config
        return config.books_only if product == INVENTORY else config.inventory_only

    def _organization(self, request: Request, product: str, user: int) -> str:
        """Return the organization that is asked about; it must be one of the user's."""
        organization = request.params.get("organization_id", "")
        if self._lacks(product) or not accounts.sees(self._simulation.config, user, organization):
            raise RefusedError(replies.foreign_organization(organization))
        return organization

    def _organizations(self, rest: list[str], product: str, user: int) -> Reply:
        found = [] if self._lacks(product) else accounts.organizations(self._simulation.config, user)
        if not rest:
            return replies.success(organizations=found)
        for row in found:
            if row["organization_id"] == rest[0]:
                return replies.success(organization=row)
        raise RefusedError(replies.foreign_organization(rest[0]))

    def _setting(self, path: str, *, is_ours: bool) -> Reply:
        if path.startswith("documents/"):
            if not is_ours:
                raise RefusedError(replies.missing("Document"))
            return self._document(path.removeprefix("documents/"))
        moved = self._simulation.config.warehouses
        make = self._settings.get(path)
        if make is None or (path == "locations" and moved):
            raise RefusedError(replies.wrong_address())
        found = make()
        if not is_ours:
            found.update({key: [] for key in found})
        return replies.success(**found)

    def _empty(self, table: Table, parts: list[str], request: Request, product: str) -> Reply:
        """Answer for an organization in which nothing was ever written."""
        collection = table.collection
        if parts == ["itemdetails"]:
            return replies.success(items=[])
        if len(parts) > 1:
            raise RefusedError(replies.missing(collection.label))
        if request.method != "GET":
            raise RefusedError(_not_allowed())
        asked = list_request(collection, product, request.params, self._simulation.config)
        key = "composite_items" if parts[0] == "compositeitems" else collection.plural
        rows: Row = {key: []}
        return replies.success(**rows, page_context=page_context(collection, asked, more=False))

    # Lists and records -----------------------------------------------------------------------------------------------

    def _routed(self, table: Table, parts: list[str], request: Request, product: str, fault: Rule | None) -> Reply:
        collection = table.collection
        if parts == ["itemdetails"]:
            return self._details(table, request, fault)
        if parts[0] == "compositeitems":
            return self._composites(table, parts, request, product)
        if len(parts) == 1:
            if request.method != "GET":
                raise RefusedError(_not_allowed())
            return self._list(table, request, product, fault)
        index = table.find(parts[1])
        if index is None:
            raise RefusedError(replies.missing(collection.label) if parts[1].isdigit() else replies.wrong_address())
        if len(parts) == 2:
            return self._record(table, index, request, fault)
        if parts[2] == "image" and len(parts) == 3 and collection.name == "items" and request.method == "GET":
            return self._image(table, index, request)
        if parts[2] in {"active", "inactive"} and request.method == "POST":
            self._simulation.update(table, index, {"status": parts[2]})
            return replies.success(message=f"The {collection.label.lower()} has been marked as {parts[2]}.")
        if parts[2] in _LISTS_WITHIN and len(parts) == 3 and request.method == "GET":
            key = _LISTS_WITHIN[parts[2]]
            return replies.success(**{key: table.detail(index).get(key, [])})
        raise RefusedError(replies.wrong_address())

    def _list(self, table: Table, request: Request, product: str, fault: Rule | None) -> Reply:
        kind = fault.kind if fault else ""
        asked = list_request(
            table.collection, product, request.params, self._simulation.config, filtered=kind != "filter_ignored"
        )
        indexes, more = table.select(asked.query).page(asked.page, asked.per_page)
        rows = table.rendered(indexes)
        if kind in ROWS:
            rows = spoiled(rows, kind, table.collection.id_key)
        key = "records" if kind == "wrong_key" else table.collection.plural
        context = replies.encoded(page_context(table.collection, asked, more=more))
        return Reply(
            b'{"code":0,"message":"success","%b":[%b],"page_context":%b}' % (key.encode(), b",".join(rows), context)
        )

    def _record(self, table: Table, index: int, request: Request, fault: Rule | None) -> Reply:
        collection = table.collection
        if request.method == "DELETE":
            self._simulation.delete(table, [index])
            return replies.success(message=f"The {collection.label.lower()} has been deleted.")
        if request.method == "PUT":
            values = {key: value for key, value in _body(request).items() if key != collection.id_key}
            self._simulation.update(table, index, values)
        elif request.method != "GET":
            raise RefusedError(_not_allowed())
        detail = table.detail(index)
        if fault is not None:
            detail = spoiled_record(detail, fault.kind, collection.id_key)
        key = "record" if fault is not None and fault.kind == "wrong_key" else collection.record_key
        return Reply(b'{"code":0,"message":"success","%b":%b}' % (key.encode(), replies.encoded(detail)))

    def _details(self, table: Table, request: Request, fault: Rule | None) -> Reply:
        if self._simulation.config.bulk_missing:
            raise RefusedError(replies.wrong_address())
        ids = [part.strip() for part in request.params.get("item_ids", "").split(",") if part.strip()]
        if not ids or len(ids) > _MOST_IDS:
            raise RefusedError(replies.invalid_value("item_ids"))
        found = [index for index in (table.find(identifier) for identifier in ids) if index is not None]
        details = [replies.encoded(table.detail(index)) for index in found]
        if fault is not None and fault.kind in ROWS:
            details = spoiled(details, fault.kind, table.collection.id_key)
        key = b"records" if fault is not None and fault.kind == "wrong_key" else b"items"
        return Reply(b'{"code":0,"message":"success","%b":[%b]}' % (key, b",".join(details)))

    def _composites(self, table: Table, parts: list[str], request: Request, product: str) -> Reply:
        if len(parts) == 1:
            asked = list_request(table.collection, product, request.params, self._simulation.config)
            only = Test(("is_combo_product",), "eq", value=True)
            query = type(asked.query)((only, *asked.query.tests), asked.query.sort, asked.query.descending)
            indexes, more = table.select(query).page(asked.page, asked.per_page)
            rows = [row.replace(b'"item_id":', b'"composite_item_id":', 1) for row in table.rendered(indexes)]
            context = page_context(table.collection, asked, more=more) | {"report_name": "Composite Items"}
            body = b'{"code":0,"message":"success","composite_items":[%b],"page_context":%b}'
            return Reply(body % (b",".join(rows), replies.encoded(context)))
        index = table.find(parts[1])
        if index is None or not table.row(index)["is_combo_product"]:
            raise RefusedError(replies.missing("Composite Item"))
        detail = table.detail(index)
        return replies.success(
            composite_item={"composite_item_id": detail.pop("item_id"), **detail, "mapped_items": []}
        )

    # Pictures --------------------------------------------------------------------------------------------------------

    def _image(self, table: Table, index: int, request: Request) -> Reply:
        row = table.row(index)
        document = row["image_document_id"]
        if not document or request.params.get("document_id", document) != document:
            raise RefusedError(replies.error(404, 1002, "Image does not exist."))
        return Reply(picture(int(document), row["image_type"]), 200, _PICTURE_TYPES[row["image_type"]])

    def _document(self, document: str) -> Reply:
        table = self._simulation.tables["items"]
        index = first_picture_index(document)
        for place in (*([index] if index is not None and index < table.base_count else []), *table.changed):
            row = table.row(place)
            if row["image_document_id"] == document and place not in table.deleted:
                return Reply(picture(int(document), row["image_type"]), 200, _PICTURE_TYPES[row["image_type"]])
        raise RefusedError(replies.missing("Document"))


def split_product(path: str) -> tuple[str, str]:
    """Return the product of an API path, and what follows the prefix."""
    for prefix, product in PREFIXES.items():
        if path.startswith(prefix):
            return product, path.removeprefix(prefix)
    raise RefusedError(replies.wrong_address())


def _check_scope(grant: Grant, product: str, module: str, method: str) -> None:
    if module and not scopes.covers(grant.scope, product, module, method):
        raise RefusedError(replies.unauthorized())


def _not_allowed() -> Reply:
    return replies.error(405, 37, "The HTTP method is not allowed for the requested resource")


def _body(request: Request) -> Row:
    """Return the sent document: bare JSON whatever the Content-Type says, or the older form field JSONString."""
    text = request.body
    if text.startswith(b"JSONString="):
        text = dict(parse_qsl(text.decode("utf-8", "replace"))).get("JSONString", "").encode()
    if not text.strip():
        raise RefusedError(replies.error(400, 11, "JSONString is empty"))
    try:
        value = json.loads(text)
    except ValueError:
        raise RefusedError(replies.error(400, 1038, "JSON is not well formed")) from None
    if not isinstance(value, dict):
        raise RefusedError(replies.error(400, 1038, "JSON is not well formed"))
    return value
