"""The steps beside the sign-in: database, app, webhooks, limits, first sync, and what is kept of them."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.setups import (
    BOTH,
    CLIENT_ID,
    CLIENT_SECRET,
    at_zoho,
    connected,
    opened,
    secrets_of,
    silent,
    with_app,
)
from tsh_sync_gui.bootstrap.setup.values import LimitsForm, Step
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY

pytestmark = pytest.mark.asyncio


@pytest.fixture
def run(databases):
    """Run statements as the server's owner."""

    def work(statement, dbname="postgres"):
        endpoint = databases.server
        conninfo = endpoint.sqlalchemy_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(conninfo, dbname=dbname, autocommit=True) as connection:
            connection.execute(statement)

    return work


@pytest.fixture
def stranger(databases, postgres, run):
    """A user without rights on an empty database; gives its address, the database's name and the user's."""
    name = f"stranger_{secrets.token_hex(4)}"
    run(f"CREATE ROLE {name} LOGIN PASSWORD 'a password'")
    host = f"{databases.server.host}:{databases.server.port}"
    yield f"postgresql://{name}:a%20password@{host}/{postgres.dbname}", postgres.dbname, name
    run(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}", postgres.dbname)
    run(f"DROP ROLE {name}")


async def test_an_empty_database_shows_which_tables_will_be_made(tmp_path, postgres):
    async with opened(tmp_path) as setup:
        trial = await setup.try_database(postgres.sqlalchemy_url)

    assert trial.is_usable
    assert trial.tables_present == 0
    assert {f"tsh.{entity.name}" for entity in REGISTRY} < set(trial.tables_missing)
    assert int(trial.version.partition(".")[0]) >= 15
    assert not (tmp_path / "setup.json").exists()


async def test_a_missing_right_is_named_with_the_statement_that_grants_it(tmp_path, stranger, run):
    address, dbname, user = stranger
    async with opened(tmp_path) as setup:
        before = await setup.try_database(address)
        with pytest.raises(ConfigurationError):
            await setup.choose_database(address, silent)
        run(before.remedy)
        after = await setup.try_database(address)

    assert not before.is_usable
    assert before.missing_right == f"the right to make schemas and tables in “{dbname}”"
    assert before.remedy == f"GRANT CREATE ON DATABASE {dbname} TO {user};"
    assert "a password" not in before.address
    assert after.is_usable


async def test_tables_of_another_user_are_told_from_missing_ones(tmp_path, stranger, run, databases):
    address, dbname, user = stranger
    owner = replace(databases.server, dbname=dbname).sqlalchemy_url
    async with opened(tmp_path, overrides={"database_url": owner}) as setup:
        await setup.choose_database(owner, silent)
        closed = await setup.try_database(address)
        run(closed.remedy, dbname)
        open_now = await setup.try_database(address)

    assert closed.missing_right == "the right to use the schemas tsh and sync"
    assert f"TO {user};" in closed.remedy
    assert open_now.tables_missing == ()


async def test_a_database_that_is_missing_is_created_when_asked(vaulted, databases, run):
    name = f"made_{secrets.token_hex(4)}"
    url = replace(databases.server, dbname=name).sqlalchemy_url
    try:
        async with opened(vaulted) as setup:
            before = await setup.try_database(url)
            made = await setup.create_database(url)
            chosen = await setup.choose_database(url, silent)
            known = await setup.database()
    finally:
        run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    assert (before.exists, before.may_create_database, before.is_usable) == (False, True, False)
    assert (made.exists, made.tables_present) == (True, 0)
    assert chosen.tables_missing == ()
    assert known == chosen
    assert secrets_of(vaulted)["database_url"] == url


async def test_a_user_that_may_create_no_database_is_told_what_to_run(tmp_path, stranger):
    address, dbname, user = stranger
    missing = address.replace(f"/{dbname}", "/nowhere")
    async with opened(tmp_path) as setup:
        trial = await setup.try_database(missing)
        with pytest.raises(ConfigurationError) as caught:
            await setup.create_database(missing)

    assert (trial.exists, trial.may_create_database) == (False, False)
    assert f"OWNER {user}" in trial.remedy
    assert f"ALTER ROLE {user} CREATEDB;" in caught.value.advice


async def test_a_server_that_does_not_answer_is_named(tmp_path):
    async with opened(tmp_path) as setup:
        with pytest.raises(UnreachableError) as caught:
            await setup.try_database("postgresql://tsh:secret-word@127.0.0.1:9/tsh")

    assert "127.0.0.1:9" in caught.value.advice
    assert "secret-word" not in str(caught.value)


async def test_the_embedded_database_is_not_made_by_looking_at_it(tmp_path):
    async with opened(tmp_path) as setup:
        trial = await setup.try_database("")
        known = await setup.database()

    assert trial.is_embedded
    assert trial.is_usable
    assert trial.tables_missing
    assert known is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("client_id", "client_secret", "field", "words"),
    [
        ("", CLIENT_SECRET, "client_id", "begins with “1000.”"),
        (CLIENT_SECRET, CLIENT_ID, "client_id", "looks like the client secret"),
        (CLIENT_ID, CLIENT_ID, "client_secret", "looks like the client id"),
        (CLIENT_ID, "short", "client_secret", "digits and small letters"),
        (CLIENT_ID, "", "client_secret", "is missing"),
    ],
)
async def test_the_form_of_the_apps_values_is_checked(tmp_path, client_id, client_secret, field, words):
    async with opened(tmp_path) as setup:
        found = setup.check_app(client_id, client_secret, "server")
        with pytest.raises(ConfigurationError):
            await setup.keep_app(client_id, client_secret, client_type="server", location="us", products=BOTH)

    assert words in found[field]


async def test_the_console_gets_what_the_program_will_send(tmp_path):
    async with opened(tmp_path, ports=(8976, 8977, 8978)) as setup:
        values = setup.console_values("eu", frozenset({"books"}))
        centres = setup.data_centres()

    assert values.redirect_uri == "http://localhost:8976/callback"
    assert values.other_redirect_uris == ("http://localhost:8977/callback", "http://localhost:8978/callback")
    assert values.console_url == "https://api-console.zoho.eu"
    assert "ZohoInventory" not in values.scopes
    assert len(centres) == 10


async def test_an_empty_secret_keeps_the_one_that_is_there(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        await setup.keep_app(CLIENT_ID, "", client_type="server", location="us", products=frozenset({"books"}))
        app = await setup.app()

    assert secrets_of(vaulted)["client_secret"] == CLIENT_SECRET
    assert app.products == {"books"}


async def test_another_app_opens_the_sign_in_again(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        for step in (Step.START, Step.DATABASE, Step.APP, Step.SIGN_IN):
            await setup.mark(step)

        await setup.keep_app(f"{CLIENT_ID}X", "", client_type="server", location="us", products=BOTH)
        progress = await setup.mark(Step.APP)

    assert progress.current is Step.SIGN_IN


async def test_a_value_that_the_environment_fixes_is_not_kept_beside_it(vaulted, url, simulator):
    async with opened(vaulted, overrides={"products": "books"}) as setup:
        await at_zoho(setup, simulator, url)
        with pytest.raises(ConfigurationError) as caught:
            await setup.keep_app(CLIENT_ID, CLIENT_SECRET, client_type="server", location="us", products=BOTH)

    assert caught.value.title == "ZOHO_PRODUCTS comes from the command line, which goes before what is kept here"
    assert "“books”" in caught.value.advice


async def test_a_webhook_secret_is_made_once_and_kept(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await at_zoho(setup, simulator, url)
        first = await setup.webhooks()
        again = await setup.webhooks()
        other = await setup.new_webhook_secret()

    assert first.secret == again.secret != other.secret
    assert (first.is_fresh, again.is_fresh) == (True, False)
    assert first.secret.isalnum()
    assert 12 <= len(first.secret) <= 50
    assert secrets_of(vaulted)["webhook_secret"] == other.secret
    assert len(first.events) == len({event.key for event in first.events}) == 10
    assert first.secret not in repr(first)


@pytest.mark.parametrize(
    "address",
    ["", "hello", "http://hooks.example.com", "https://localhost/x", "https://192.168.1.4", "https://me@hooks.example"],
)
async def test_an_address_that_zoho_cannot_call_is_refused(vaulted, url, address):
    async with opened(vaulted) as setup:
        await setup.choose_database(url, silent)
        with pytest.raises(ConfigurationError):
            await setup.keep_webhook_address(address)


async def test_a_public_address_is_kept_with_its_path(vaulted, url):
    async with opened(vaulted) as setup:
        await setup.choose_database(url, silent)
        plan = await setup.keep_webhook_address("https://hooks.example.com/")
        own = await setup.keep_webhook_address("https://hooks.example.com/api/tds/webhooks/items")

    assert plan.address == "https://hooks.example.com/api/webhooks/zoho"
    assert own.address == "https://hooks.example.com/api/tds/webhooks/items"


async def test_a_ping_says_honestly_what_it_met(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await at_zoho(setup, simulator, url)
        with pytest.raises(ConfigurationError, match="no public address"):
            await setup.test_webhook(public=True)
        await setup.keep_webhook_address(f"{simulator.url}/api/webhooks/zoho")
        with pytest.raises(UnreachableError) as wrong:
            await setup.test_webhook(public=True)
        await setup.keep_webhook_address("http://127.0.0.1:9/api/webhooks/zoho")
        with pytest.raises(UnreachableError) as nobody:
            await setup.test_webhook(public=True)

    assert wrong.value.title == "The public address is not the listener's"
    assert nobody.value.title == "Zoho cannot reach the listener"


async def test_limits_are_checked_kept_and_priced(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        service = (await setup.ground.wiring()).service
        await service.sync(SyncRequest(entities=("products",), full=True, details="none"))
        now = await setup.limits()
        wide = LimitsForm(per_day=5000, per_minute=60, batch_size=100, concurrency=10)

        before = {cost.entity: cost for cost in await setup.schedule_cost(now)}
        after = {cost.entity: cost for cost in await setup.schedule_cost(wide)}
        await setup.keep_limits(wide)
        kept = await setup.limits()
        with pytest.raises(ConfigurationError, match="ZOHO_BATCH_SIZE is “900”"):
            await setup.keep_limits(LimitsForm(per_day=1, per_minute=1, batch_size=900, concurrency=1))

    assert kept == wide
    assert (before["stock_levels"].minutes, before["stock_levels"].calls_per_day) == (30, 48 * 3)
    assert after["stock_levels"].calls_per_day == 48 * 5
    assert before["products"].calls_per_day == 0
    assert before["payments"].minutes == 120
    assert [plan.per_day for plan in setup.plans()] == [1000, 2000, 5000, 10_000]


async def test_the_first_sync_waits_until_its_time(tmp_path):
    tonight = datetime(2026, 11, 23, 1, tzinfo=UTC)
    async with opened(tmp_path) as setup:
        await setup.first_sync_at(tonight)
    async with opened(tmp_path) as setup:
        kept = await setup.first_sync()
        await setup.first_sync_at(None)
        gone = await setup.first_sync()

    assert (kept, gone) == (tonight, None)


async def test_steps_can_be_revisited_and_skipped(tmp_path):
    async with opened(tmp_path) as setup:
        await setup.mark(Step.START)
        back = await setup.go_to(Step.START)
        await setup.mark(Step.START)
        skipped = await setup.mark(Step.WEBHOOKS, skipped=True)

    assert back.current is Step.START
    assert skipped.current is Step.DATABASE
    assert skipped.skipped == {Step.WEBHOOKS}
    assert not skipped.is_complete


async def test_a_home_that_was_set_up_by_variables_needs_no_wizard(tmp_path):
    overrides = {"client_id": CLIENT_ID, "refresh_token": "1000.aa.bb", "organization_id": "748369814"}
    async with opened(tmp_path, overrides=overrides) as setup:
        assert (await setup.progress()).is_complete


async def test_a_damaged_file_of_progress_is_named(tmp_path):
    (tmp_path / "setup.json").write_text("{")
    async with opened(tmp_path) as setup:
        with pytest.raises(ConfigurationError) as caught:
            await setup.progress()

    assert "setup.json" in caught.value.title
    assert "secrets and settings stay" in caught.value.advice


async def test_two_who_ask_for_the_webhook_secret_at_once_get_the_same_and_a_look_is_written_down(vaulted, url):
    async with opened(vaulted) as setup:
        await setup.choose_database(url, silent)
        one, other = await asyncio.gather(setup.webhooks(), setup.webhooks())
        shown = await setup.reveal_webhook_secret()
        async with (await setup.ground.database()).raw() as connection:
            looked = await (await connection.execute("SELECT row_key, action, origin FROM sync.audit")).fetchall()

    assert one.secret == other.secret == shown == secrets_of(vaulted)["webhook_secret"]
    assert "webhook_secret.previous" not in secrets_of(vaulted)
    assert looked == [("webhook_secret", "revealed", "person")]


async def test_a_statement_that_grants_names_only_schemas_that_are_there(tmp_path, stranger, run):
    address, dbname, user = stranger
    run("CREATE SCHEMA tsh; CREATE SCHEMA sync", dbname)
    async with opened(tmp_path) as setup:
        closed = await setup.try_database(address)
        run(closed.remedy, dbname)
        after = await setup.try_database(address)

    assert closed.remedy.startswith(f"GRANT ALL ON SCHEMA tsh, sync TO {user};")
    assert after.missing_right != closed.missing_right
