"""What the set-up keeps where: secrets in the vault only, all of a step or nothing of it."""

from __future__ import annotations

import os

import pytest

from tests.support.setups import (
    CLIENT_ID,
    CLIENT_SECRET,
    at_zoho,
    connected,
    opened,
    secrets_of,
    silent,
    with_app,
    with_vault,
)
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.core.errors import ConfigurationError

pytestmark = pytest.mark.asyncio


async def test_what_is_kept_beside_the_vault_holds_no_secret(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        await setup.webhooks()
    hidden = [secret for name, secret in secrets_of(vaulted).items() if name not in {"client_id", "database_url"}]

    files = [file for file in vaulted.rglob("*") if file.is_file() and file.name != "vault.tsh"]

    assert len(hidden) == 3
    assert files
    for file in files:
        assert not any(secret.encode() in file.read_bytes() for secret in hidden), file


async def test_the_env_file_in_force_is_kept_before_it_is_deleted(vaulted, url, simulator, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("ZOHO_", "TSH_", "TDS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(vaulted)
    file = vaulted / ".env"
    file.write_text(
        f"ZOHO_CLIENT_ID={CLIENT_ID}\nZOHO_CLIENT_SECRET={CLIENT_SECRET}\nZOHO_REFRESH_TOKEN=1000.aaaa.bbbb\n"
        f"ZOHO_ORGANIZATION_ID=748369814\nZOHO_ACCOUNTS_URL={simulator.url}\nZOHO_API_BASE_URL={simulator.url}\n"
        f"ZOHO_BATCH_SIZE=150\nZOHO_DEBUG=true\nTSH_DATABASE_URL={url}\n"
    )
    async with opened(vaulted, environment=True) as setup:
        progress = await setup.take_over(await setup.read_env(file))
    file.unlink()

    async with opened(vaulted, environment=True) as setup:
        seen = await setup.organizations()
        kept = (await setup.ground.settings()).settings
        health = await setup.health()

    assert progress.done == {Step.START, Step.DATABASE, Step.APP, Step.SIGN_IN}
    assert [one.id for one in seen] == ["748369814"]
    assert (kept.organization_id, kept.batch_size, kept.debug) == ("748369814", 150, True)
    assert (health.state, health.sign_ins) == ("ok", 1)


async def foreign_env(setup, simulator, folder, url, *more):
    """Let the database at *url* mirror our organization, and read a `.env` of another one."""
    await at_zoho(setup, simulator, url)
    async with (await setup.ground.database()).raw() as connection:
        await connection.execute("INSERT INTO sync.organization (id, name) VALUES ('748369814', 'TSH Trading')")
    file = folder / "other.env"
    lines = (
        f"ZOHO_CLIENT_ID={CLIENT_ID}",
        f"ZOHO_CLIENT_SECRET={CLIENT_SECRET}",
        "ZOHO_BATCH_SIZE=77",
        "ZOHO_ORGANIZATION_ID=748369999",
        *more,
    )
    file.write_text("\n".join(lines))
    return await setup.read_env(file)


async def test_what_waits_for_a_database_is_refused_by_that_of_another_organization(vaulted, url, simulator, tmp_path):
    async with opened(vaulted) as setup:
        file = await foreign_env(setup, simulator, tmp_path, url)
    home = tmp_path / "another"
    home.mkdir()
    async with opened(with_vault(home)) as setup:
        await setup.take_over(file)

        with pytest.raises(ConfigurationError, match="mirrors TSH Trading"):
            await setup.choose_database(url, silent)
        kept = (await setup.ground.settings()).settings
        chosen = await setup.database()

    assert chosen is None
    assert "database_url" not in secrets_of(home)
    assert (kept.organization_id, kept.batch_size) == ("748369999", 77)


async def test_a_file_of_another_organization_leaves_no_secret_and_no_setting(vaulted, url, simulator, tmp_path):
    async with opened(vaulted) as setup:
        file = await foreign_env(setup, simulator, tmp_path, url)

        with pytest.raises(ConfigurationError, match="mirrors TSH Trading"):
            await setup.take_over(file)
        kept = (await setup.ground.settings()).settings

    assert set(secrets_of(vaulted)) == {"database_url"}
    assert (kept.client_id, kept.batch_size) == ("", 200)


async def test_an_app_with_a_product_that_is_none_is_not_kept_by_halves(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        with pytest.raises(ConfigurationError, match="ZOHO_PRODUCTS"):
            await with_app(setup, simulator, url, products=frozenset({"crm"}))

    assert set(secrets_of(vaulted)) == {"database_url"}


async def test_a_file_that_brings_the_database_of_another_organization_keeps_not_even_its_address(
    vaulted, url, simulator, tmp_path
):
    async with opened(vaulted) as setup:
        file = await foreign_env(setup, simulator, tmp_path, url, f"TSH_DATABASE_URL={url}")
    home = tmp_path / "another"
    home.mkdir()
    async with opened(with_vault(home)) as setup:
        with pytest.raises(ConfigurationError, match="mirrors TSH Trading"):
            await setup.take_over(file)
        chosen = await setup.database()

    assert chosen is None
    assert secrets_of(home) == {}
