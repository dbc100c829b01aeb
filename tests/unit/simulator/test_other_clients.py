"""Zoho clients by others work against the simulator unchanged, but for the addresses."""

import pytest

books = pytest.importorskip("zohopy.products.books", reason="the test extra brings zohopy")
inventory = pytest.importorskip("zohopy.products.inventory", reason="the test extra brings zohopy")
zohopy = pytest.importorskip("zohopy", reason="the test extra brings zohopy")
pyzohoapi = pytest.importorskip("pyzohoapi", reason="the test extra brings pyzohoapi")

KEYS = {
    "items": ("items", "item_id", "item"),
    "contacts": ("contacts", "contact_id", "contact"),
    "sales_orders": ("salesorders", "salesorder_id", "salesorder"),
    "invoices": ("invoices", "invoice_id", "invoice"),
}


@pytest.mark.parametrize("product", ["books", "inventory"])
def test_zohopy_lists_pages_and_reads(simulator, monkeypatch, product):
    for table in (zohopy.config._API_URLS, zohopy.config._ACCOUNTS_URLS):
        for centre in table:
            monkeypatch.setitem(table, centre, simulator.url)
    config = zohopy.ZohoConfig(
        client_id="1000.C",
        client_secret="s",
        refresh_token="1000.a.b",
        organization_id="748369814",
        data_center="us",
    )
    with zohopy.SyncZohoClient(config) as client:
        service = (books.ZohoBooks if product == "books" else inventory.ZohoInventory)(client)
        for name, (rows_key, id_key, record_key) in KEYS.items():
            resource = getattr(service, name)
            rows = [row for page in resource.list_all() for row in page[rows_key]]
            found = resource.get(rows[-1][id_key])
            assert len({row[id_key] for row in rows}) == len(rows) > 50
            assert found[record_key][id_key] == rows[-1][id_key]


@pytest.mark.parametrize(("product", "prefix"), [("ZohoBooks", "books/v3"), ("ZohoInventory", "inventory/v1")])
def test_pyzohoapi_lists_pages_and_reads(simulator, product, prefix):
    class Redirected(getattr(pyzohoapi, product)):
        def get_endpoint(self, _region):
            return f"{simulator.url}/{prefix}"

    api = Redirected("748369814", client_id="1000.C", client_secret="s", refresh_token="1000.a.b")
    api._oauth = f"{simulator.url}/oauth/v2"

    for name in ("Item", "Contact", "SalesOrder", "Invoice"):
        make = getattr(api, name)
        rows = list(make().Iter(raw=True))
        last = rows[-1][make()._id_field]
        assert len(rows) > 50
        assert last == make(id=last).ID
