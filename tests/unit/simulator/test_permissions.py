"""What a sign-in may do: scopes per path, and which organizations it sees."""

import pytest

from tests.support.simulator import SimulatedZoho
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.simulator.scopes import described, parsed

MODULES = {
    "/books/v3/organizations": "ZohoBooks.settings",
    f"/books/v3/organizations/{ORGANIZATION_ID}": "ZohoBooks.settings",
    "/books/v3/items": "ZohoBooks.settings",
    "/books/v3/itemdetails": "ZohoBooks.settings",
    "/books/v3/contacts": "ZohoBooks.contacts",
    "/books/v3/salesorders": "ZohoBooks.salesorders",
    "/books/v3/invoices": "ZohoBooks.invoices",
    "/books/v3/customerpayments": "ZohoBooks.customerpayments",
    "/books/v3/creditnotes": "ZohoBooks.creditnotes",
    "/books/v3/pricebooks": "ZohoBooks.settings",
    "/books/v3/locations": "ZohoBooks.settings",
    "/books/v3/settings/currencies": "ZohoBooks.settings",
    "/books/v3/settings/taxes": "ZohoBooks.settings",
    "/inventory/v1/organizations": "ZohoInventory.settings",
    "/inventory/v1/items": "ZohoInventory.items",
    "/inventory/v1/itemdetails": "ZohoInventory.items",
    "/inventory/v1/compositeitems": "ZohoInventory.compositeitems",
    "/inventory/v1/contacts": "ZohoInventory.contacts",
    "/inventory/v1/salesorders": "ZohoInventory.salesorders",
    "/inventory/v1/invoices": "ZohoInventory.invoices",
    "/inventory/v1/customerpayments": "ZohoInventory.customerpayments",
    "/inventory/v1/creditnotes": "ZohoInventory.creditnotes",
    "/inventory/v1/pricebooks": "ZohoInventory.settings",
    "/inventory/v1/locations": "ZohoInventory.settings",
    "/inventory/v1/settings/warehouses": "ZohoInventory.settings",
}


def sign_in(zoho, scope, *, user=0):
    code = zoho.control("self_client", {"scope": scope, "user": user})["code"]
    form = {"grant_type": "authorization_code", "client_id": "1000.S", "client_secret": "s", "code": code}
    reply = zoho.post("/oauth/v2/token", data=form).json()
    zoho.headers["Authorization"] = f"Zoho-oauthtoken {reply['access_token']}"


@pytest.mark.parametrize("path", MODULES)
def test_every_path_wants_its_own_module(zoho, path):
    others = {module for module in MODULES.values() if module != MODULES[path]}

    sign_in(zoho, ",".join(f"{module}.ALL" for module in sorted(others)))
    without = zoho.ask(path)
    sign_in(zoho, f"{MODULES[path]}.READ")
    with_it = zoho.ask(path)

    assert (without.status_code, without.json()["code"]) == (401, 57)
    assert with_it.json()["code"] in {0, 2}  # 2: itemdetails without ids


@pytest.mark.parametrize(
    ("method", "below", "operation"),
    [("put", "", "UPDATE"), ("delete", "", "DELETE"), ("post", "/inactive", "CREATE"), ("get", "", "READ")],
)
def test_every_operation_wants_its_own_word(zoho, method, below, operation):
    one = zoho.get("/__sim/ids", params={"entity": "contacts"}).json()["ids"][0]
    path = f"/books/v3/contacts/{one}{below}?organization_id={ORGANIZATION_ID}"
    body = {"json": {"notes": "x"}} if method == "put" else {}
    rest = {"CREATE", "READ", "UPDATE", "DELETE"} - {operation}

    sign_in(zoho, ",".join(f"ZohoBooks.contacts.{word}" for word in sorted(rest)))
    without = zoho.request(method, path, **body)
    sign_in(zoho, f"ZohoBooks.contacts.{operation}")
    with_it = zoho.request(method, path, **body)

    assert (without.status_code, with_it.status_code) == (401, 200)


def test_scopes_read_like_sentences_and_letter_case_does_not_matter():
    lines = described(parsed("zohobooks.Contacts.read,ZohoBooks.contacts.UPDATE ZohoInventory.fullaccess.all"))

    assert lines == {"Zoho Books": ["Contacts: read, change"], "Zoho Inventory": ["Everything: read and write"]}


def test_several_organizations_are_listed_and_all_but_ours_are_empty(make_simulator):
    with SimulatedZoho(make_simulator(organizations=7)) as zoho:
        rows = zoho.get("/books/v3/organizations").json()["organizations"]
        other = rows[1]["organization_id"]
        empty = [zoho.read(path, organization_id=other) for path in ("/books/v3/contacts", "/inventory/v1/items")]
        record = zoho.ask(f"/books/v3/contacts/{5461471200000000000}", organization_id=other)
        detail = zoho.read(f"/inventory/v1/organizations/{other}")["organization"]

    assert len({row["organization_id"] for row in rows}) == len({row["name"] for row in rows}) == 7
    assert rows[0]["organization_id"] == ORGANIZATION_ID
    assert [row["is_default_org"] for row in rows] == [True, *[False] * 6]
    assert all(row.keys() == rows[0].keys() for row in rows)
    assert len({(row["currency_code"], row["time_zone"]) for row in rows}) > 2
    assert [empty[0]["contacts"], empty[1]["items"]] == [[], []]
    assert empty[0]["page_context"]["has_more_page"] is False
    assert (record.status_code, record.json()["code"]) == (404, 1002)
    assert detail == rows[1]


def test_somebody_from_elsewhere_does_not_see_our_organization(zoho):
    sign_in(zoho, "ZohoBooks.fullaccess.all", user=1)

    rows = zoho.get("/books/v3/organizations").json()["organizations"]
    ours = zoho.ask("/books/v3/contacts")
    theirs = zoho.read("/books/v3/contacts", organization_id=rows[0]["organization_id"])

    assert [row["name"] for row in rows] == ["Elsewhere GmbH"]
    assert (ours.status_code, ours.json()["code"]) == (400, 6041)
    assert theirs["contacts"] == []


def test_the_organization_of_somebody_else_is_refused(zoho):
    sign_in(zoho, "ZohoBooks.fullaccess.all", user=1)
    foreign = zoho.get("/books/v3/organizations").json()["organizations"][0]["organization_id"]
    zoho.sign_in()

    assert zoho.ask("/books/v3/contacts", organization_id=foreign).json()["code"] == 6041
    assert zoho.get(f"/books/v3/organizations/{foreign}").json()["code"] == 6041
