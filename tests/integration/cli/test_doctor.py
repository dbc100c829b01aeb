"""`tsh-sync doctor` with a whole set-up, and with each part of it broken in turn: real HTTP, a real database."""

import secrets
import socket

import httpx
import psycopg
import pytest

from tests.integration.cli.conftest import SIZES, Program
from tests.support.setups import PASSPHRASE
from tests.support.stores import with_tables
from tsh_sync_gui.bootstrap.secrets import make_file_vault
from tsh_sync_gui.simulator import Simulator, SimulatorConfig
from tsh_sync_gui.simulator.config import STRICT_CLIENT_ID, STRICT_CLIENT_SECRET, STRICT_REFRESH_TOKEN

OTHER_TOKEN = "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"


@pytest.fixture
def zoho():
    config = SimulatorConfig(**SIZES, strict=True, per_minute=1_000_000, per_day=1_000_000)
    with Simulator(config) as simulator:
        yield simulator


@pytest.fixture
def seventeen(zoho, tmp_path):
    """The variables of an existing set-up (design.md 7)."""
    return {
        "ZOHO_CLIENT_ID": STRICT_CLIENT_ID,
        "ZOHO_CLIENT_SECRET": STRICT_CLIENT_SECRET,
        "ZOHO_REFRESH_TOKEN": STRICT_REFRESH_TOKEN,
        "ZOHO_ORGANIZATION_ID": "748369814",
        "ZOHO_API_BASE_URL": zoho.url,
        "ZOHO_ACCOUNTS_URL": zoho.url,
        "ZOHO_API_VERSION": "v3",
        "ZOHO_SYNC_ENABLED": "true",
        "ZOHO_WEBHOOK_SECRET": "abcDEF123456",
        "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
        "ZOHO_BATCH_SIZE": "200",
        "TDS_STOCK_SYNC_INTERVAL_MINUTES": "30",
        "ZOHO_IMAGE_CACHE_ENABLED": "true",
        "ZOHO_IMAGE_CACHE_DIR": str(tmp_path / "images"),
        "ZOHO_IMAGE_CDN_URL": "https://cdn.example.com",
        "ZOHO_DEBUG": "false",
        "ZOHO_LOG_API_CALLS": "false",
    }


@pytest.fixture
def program(seventeen, home, database_url, capsys):
    environment = {"TSH_HOME": str(home), "TSH_DATABASE_URL": database_url(with_tables)}
    return Program(seventeen | environment, capsys)


def _by_check(ended):
    return {one["check"]: one for one in ended.document["checks"]}


def test_seventeen_good_variables_are_all_it_takes(program, seventeen):
    assert len(seventeen) == 17

    well = program("doctor", "--json")

    assert well.code == 0, well.out
    assert {one["grade"] for one in well.document["checks"]} == {"ok"}, well.out
    assert well.document["ok"]
    assert well.document["grade"] == "ok"
    assert [one["check"] for one in well.document["checks"]] == [
        *("disk", "images", "vault", "database", "rights", "schema", "clock", "settings", "sign-in", "organization"),
        *("time-zone", "products", "stock_levels", "price_lists", "customers", "sales_orders", "invoices", "payments"),
        *("credit_notes", "zoho-clock", "quota", "listener", "public-address"),
    ]
    said = {name: one["sentence"] for name, one in _by_check(well).items()}
    assert said["customers"] == "Customers may be read and changed."
    assert said["quota"].startswith("Zoho counts 8 of 1,000,000 calls")
    assert "Polling covers all changes while a window or a worker runs" in said["listener"]


def test_an_imported_env_leads_to_a_set_up_that_is_all_well(seventeen, home, tmp_path, database_url, capsys):
    make_file_vault(home, PASSPHRASE)
    file = tmp_path / "old.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in seventeen.items()), encoding="utf-8")
    environment = {"TSH_HOME": str(home), "TSH_SECRET_KEY": PASSPHRASE, "TSH_DATABASE_URL": database_url(with_tables)}
    program = Program(environment, capsys)

    taken = program("auth", "import-env", str(file), "--json")
    well = program("doctor", "--json")

    assert taken.code == 0, taken.out
    assert well.code == 0, well.out
    assert {one["grade"] for one in well.document["checks"]} == {"ok"}, well.out
    assert "encrypted file" in _by_check(well)["vault"]["sentence"]


FREE = "http://127.0.0.1:{port}"
BROKEN = {
    "ZOHO_CLIENT_ID": ("1000.SOMEBODYELSE", "sign-in", "Zoho does not know this client id", 4),
    "ZOHO_CLIENT_SECRET": ("geheim", "sign-in", "Zoho refuses the client secret", 4),
    "ZOHO_REFRESH_TOKEN": (OTHER_TOKEN, "sign-in", "Zoho no longer accepts our sign-in", 4),
    "ZOHO_ORGANIZATION_ID": ("111", "organization", "The sign-in does not see organization 111", 2),
    "ZOHO_API_BASE_URL": (FREE, "organization", "Zoho's API at http://127.0.0.1:", 1),
    "ZOHO_ACCOUNTS_URL": (FREE, "sign-in", "Zoho's sign-in at http://127.0.0.1:", 1),
    "ZOHO_API_VERSION": ("v9", "organization", "version “v9” of its API", 2),
    "ZOHO_SYNC_ENABLED": ("false", "settings", "Syncing is switched off (ZOHO_SYNC_ENABLED is false)", 0),
    "ZOHO_WEBHOOK_SECRET": ("short", "settings", "ZOHO_WEBHOOK_SECRET is “••••”, which is not allowed", 2),
    "ZOHO_RATE_LIMIT_PER_MINUTE": ("0", "settings", "ZOHO_RATE_LIMIT_PER_MINUTE is “0”, which is not allowed", 2),
    "ZOHO_BATCH_SIZE": ("500", "settings", "ZOHO_BATCH_SIZE is “500”, which is not allowed", 2),
    "TDS_STOCK_SYNC_INTERVAL_MINUTES": ("often", "settings", "TDS_STOCK_SYNC_INTERVAL_MINUTES is “often”", 2),
    "ZOHO_IMAGE_CACHE_ENABLED": ("maybe", "settings", "ZOHO_IMAGE_CACHE_ENABLED is “maybe”", 2),
    "ZOHO_IMAGE_CACHE_DIR": (__file__, "images", "ZOHO_IMAGE_CACHE_DIR is “", 2),
    "ZOHO_IMAGE_CDN_URL": ("http://cdn.example.com", "settings", "ZOHO_IMAGE_CDN_URL is “http://cdn.example.com”", 2),
    "ZOHO_DEBUG": ("perhaps", "settings", "ZOHO_DEBUG is “perhaps”", 2),
    "ZOHO_LOG_API_CALLS": ("all", "settings", "ZOHO_LOG_API_CALLS is “all”", 2),
}


@pytest.fixture
def free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@pytest.mark.parametrize("variable", BROKEN)
def test_each_variable_that_is_broken_has_a_sentence_of_its_own(program, seventeen, free_port, variable):
    assert BROKEN.keys() == seventeen.keys()
    value, check, words, code = BROKEN[variable]

    ill = program("doctor", "--json", **{variable: value.format(port=free_port)})

    found = _by_check(ill)[check]
    assert words in found["sentence"], ill.out
    assert found["grade"] == ("fault" if code else "warning")
    assert found["advice"]
    assert ill.code == code
    others = [one for one in ill.document["checks"] if one["grade"] != "ok" and one is not found]
    assert [one["check"] for one in others if one["check"] != check] == []
    # What does not stand on it was looked at all the same.
    assert {"disk", "vault", "database", "listener"} <= _by_check(ill).keys()


def test_a_sign_in_that_was_revoked_is_found_out_though_its_access_token_lives(program, zoho):
    assert program("doctor", "--json").code == 0
    httpx.post(f"{zoho.url}/__sim/revoke", json={"token": STRICT_REFRESH_TOKEN}).raise_for_status()

    ill = program("doctor", "--json")

    assert ill.code == 4
    assert _by_check(ill)["sign-in"]["sentence"] == "Zoho no longer accepts our sign-in."


def test_zohos_own_refreshes_are_left_to_the_work(program, zoho):
    for _ in range(7):
        last = program("doctor", "--json")

    assert last.code == 0
    assert "Whether Zoho would give us another was not tried" in _by_check(last)["sign-in"]["sentence"]
    assert httpx.get(f"{zoho.url}/__sim/oauth").json()["refreshes"] == 5


def test_a_database_that_is_gone_does_not_hide_the_sign_in(program):
    ill = program("doctor", "--json", TSH_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    found = _by_check(ill)
    assert ill.code == 1
    assert found["database"]["grade"] == "fault"
    assert found["sign-in"]["grade"] == "ok"
    assert found["organization"]["sentence"].startswith("This was not looked at")
    assert found["disk"]["grade"] == "ok"


def test_a_database_user_without_rights_gets_the_statement_that_grants_them(program, databases, postgres):
    name = f"poor_{secrets.token_hex(4)}"
    server = databases.server.sqlalchemy_url.replace("+psycopg", "")
    address = f"postgresql://{name}:geheim@{databases.server.host}:{databases.server.port}/{postgres.dbname}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'geheim'".encode())
        try:
            ill = program("doctor", "--json", TSH_DATABASE_URL=address)
            gone = program("doctor", "--json", TSH_DATABASE_URL=f"{address}x")
        finally:
            connection.execute(f"DROP ROLE {name}".encode())

    found = _by_check(ill)
    assert ill.code == 2
    assert found["database"]["grade"] == "ok"
    assert "lacks the right to make schemas and tables" in found["rights"]["sentence"]
    assert "GRANT CREATE ON DATABASE" in found["rights"]["advice"]
    assert found["sign-in"]["grade"] == "ok"
    assert "has no such database yet" in _by_check(gone)["database"]["sentence"]
    assert "geheim" not in ill.out + gone.out


def test_missing_permissions_are_named_for_reading_and_for_changing(program, zoho):
    wanted = [
        *("ZohoBooks.settings.READ", "ZohoInventory.settings.READ", "ZohoBooks.contacts.READ"),
        *(f"ZohoBooks.{name}.READ" for name in ("salesorders", "invoices", "customerpayments", "creditnotes")),
        *("ZohoBooks.salesorders.CREATE", "ZohoBooks.salesorders.UPDATE"),
    ]
    code = httpx.post(f"{zoho.url}/__sim/self_client", json={"scope": ",".join(wanted)}).json()["code"]
    form = {"grant_type": "authorization_code", "client_id": STRICT_CLIENT_ID, "client_secret": STRICT_CLIENT_SECRET}
    token = httpx.post(f"{zoho.url}/oauth/v2/token", data={**form, "code": code}).json()["refresh_token"]

    ill = program("doctor", "--json", ZOHO_REFRESH_TOKEN=token)

    found = _by_check(ill)
    assert ill.code == 4
    assert found["stock_levels"]["sentence"] == "Stock may not be read."
    assert "ZohoInventory.items.READ" in found["stock_levels"]["advice"]
    assert found["customers"]["grade"] == "warning"
    assert "ZohoBooks.contacts.CREATE, ZohoBooks.contacts.UPDATE" in found["customers"]["advice"]
    assert found["sales_orders"]["sentence"] == "Sales orders may be read and changed."


def test_figures_that_zoho_does_not_send_and_a_quota_that_is_smaller_are_said(program, zoho):
    httpx.post(f"{zoho.url}/__sim/config", json={"no_rate_headers": True}).raise_for_status()
    silent = program("doctor", "--json")
    httpx.post(f"{zoho.url}/__sim/config", json={"no_rate_headers": False, "per_day": 500}).raise_for_status()

    small = program("doctor", "--json")

    assert _by_check(silent)["quota"]["sentence"].startswith("Zoho sent no figures of its quota. By our own count 8 of")
    assert silent.code == small.code == 0
    assert _by_check(small)["quota"]["sentence"] == "Zoho allows 500 calls a day; ZOHO_DAILY_LIMIT is 1,000."
    assert small.document["grade"] == "warning"


def test_what_a_person_reads_has_marks_titles_and_an_end(program):
    words = program("doctor")
    ill = program("doctor", ZOHO_REFRESH_TOKEN=OTHER_TOKEN)

    assert "✓ Sign-in" in words.out
    assert words.out.rstrip().endswith("All is well.")
    assert "✗ Sign-in" in ill.out
    assert "mended before syncs can work" in ill.out


def test_the_connection_is_tested_with_one_call(program, zoho):
    tested = program("doctor", "--connection", "--json")
    words = program("doctor", "--connection")

    assert tested.code == 0
    assert tested.document == {
        "status": "connected",
        "organization": "TSH Trading",
        "organization_id": "748369814",
        "api_version": "v3",
    }
    assert "Connected: TSH Trading (748369814), API v3." in words.out
    assert httpx.get(f"{zoho.url}/__sim/requests").json()["total"] == 2


@pytest.mark.parametrize(
    ("changes", "title", "code"),
    [
        ({"ZOHO_REFRESH_TOKEN": OTHER_TOKEN}, "Zoho no longer accepts our sign-in", 4),
        ({"ZOHO_ORGANIZATION_ID": "111"}, "ZOHO_ORGANIZATION_ID is 111, which this sign-in may not see", 2),
        ({"ZOHO_BATCH_SIZE": "0"}, "ZOHO_BATCH_SIZE is “0”, which is not allowed", 2),
        ({"TSH_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "Database not reachable", 1),
    ],
)
def test_a_connection_that_fails_says_why_in_the_same_shape(program, changes, title, code):
    tested = program("doctor", "--connection", "--json", **changes)

    assert tested.code == code
    assert tested.document.keys() == {"status", "title", "advice"}
    assert (tested.document["status"], tested.document["title"]) == ("failed", title)
    assert tested.document["advice"]
