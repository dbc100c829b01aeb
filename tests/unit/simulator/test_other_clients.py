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
ONLY_IN_DETAILS = {
    "items": "custom_field_hash",
    "contacts": "billing_address",
    "salesorders": "line_items",
    "invoices": "line_items",
}


@pytest.fixture
def larger(make_simulator):
    """An organization in which each of these lists has two pages, of active records too."""
    return make_simulator(items=260, customers=260, orders=210, invoices=210)


def assert_all_were_paged_and_read(simulator, prefix):
    paths = simulator.simulation.counts.by_path
    for rows_key in ONLY_IN_DETAILS:
        lists = [times for path, times in paths.items() if path.rstrip("/") == f"/{prefix}/{rows_key}"]
        reads = [times for path, times in paths.items() if path.rstrip("/") == f"/{prefix}/{rows_key}/{{id}}"]
        assert sum(lists) == 2
        assert sum(reads) == 1


@pytest.mark.parametrize("product", ["books", "inventory"])
def test_zohopy_lists_pages_and_reads(larger, monkeypatch, product):
    for table in (zohopy.config._API_URLS, zohopy.config._ACCOUNTS_URLS):
        for centre in table:
            monkeypatch.setitem(table, centre, larger.url)
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
            assert len({row[id_key] for row in rows}) == len(rows) > 200
            assert found[record_key][id_key] == rows[-1][id_key]
            assert found[record_key][ONLY_IN_DETAILS[rows_key]]
    assert_all_were_paged_and_read(larger, "books/v3" if product == "books" else "inventory/v1")


@pytest.mark.parametrize(("product", "prefix"), [("ZohoBooks", "books/v3"), ("ZohoInventory", "inventory/v1")])
def test_pyzohoapi_lists_pages_and_reads(larger, product, prefix):
    class Redirected(getattr(pyzohoapi, product)):
        def get_endpoint(self, _region):
            return f"{larger.url}/{prefix}"

    api = Redirected("748369814", client_id="1000.C", client_secret="s", refresh_token="1000.a.b")
    api._oauth = f"{larger.url}/oauth/v2"

    for name, key in zip(("Item", "Contact", "SalesOrder", "Invoice"), ONLY_IN_DETAILS.values(), strict=True):
        make = getattr(api, name)
        rows = list(make().Iter(raw=True))
        last = rows[-1][make()._id_field]
        found = make(id=last)
        assert len({row[make()._id_field] for row in rows}) == len(rows) > 200
        assert last == found.ID
        assert getattr(found, key)
    assert_all_were_paged_and_read(larger, prefix)
