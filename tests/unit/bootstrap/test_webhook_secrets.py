"""After a change of the webhook's secret the old one is valid for a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from tsh_sync_gui.bootstrap import webhook_secrets
from tsh_sync_gui.bootstrap.secrets import keep_secrets
from tsh_sync_gui.bootstrap.webhook_secrets import WebhookSecrets, was_read
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.engine.ports.vault import PREVIOUS_WEBHOOK_SECRET
from tsh_sync_gui.vault.memory_vault import MemoryVault


def shown(secrets):
    return [one.get_secret_value() for one in secrets]


@pytest.fixture
def vault(tmp_path, monkeypatch):
    vault = MemoryVault()
    monkeypatch.setattr(webhook_secrets, "vault_of", lambda _loaded: vault)
    monkeypatch.setattr(
        webhook_secrets,
        "gather",
        lambda home: replace(
            load(
                home=home,
                environment=False,
                secrets={name: secret.get_secret_value() for name, secret in vault.read().items() if "." not in name},
            ),
            vault=VaultKind.MEMORY,
        ),
    )
    return vault


def known(tmp_path):
    return WebhookSecrets(replace(load(home=tmp_path, environment=False), vault=VaultKind.MEMORY))


def test_the_secret_that_is_replaced_is_kept_with_the_time(tmp_path):
    vault = MemoryVault()

    keep_secrets(tmp_path, {"webhook_secret": "FirstSecret2026"}, vault=vault)
    assert PREVIOUS_WEBHOOK_SECRET not in vault.read()
    keep_secrets(tmp_path, {"webhook_secret": "SecondSecret2026"}, vault=vault)

    found = was_read(vault.read()[PREVIOUS_WEBHOOK_SECRET].get_secret_value())
    assert found is not None
    assert found[1].get_secret_value() == "FirstSecret2026"
    assert datetime.now(UTC) - found[0] < timedelta(minutes=1)


@pytest.mark.asyncio
async def test_both_are_valid_for_a_day(tmp_path, vault):
    vault.put("webhook_secret", "SecondSecret2026")
    vault.put(PREVIOUS_WEBHOOK_SECRET, f"{(datetime.now(UTC) - timedelta(hours=23)).isoformat()} FirstSecret2026")
    secrets = known(tmp_path)

    assert await secrets.look_again()

    assert shown(secrets.valid) == ["SecondSecret2026", "FirstSecret2026"]
    assert shown(secrets.expired) == []


@pytest.mark.asyncio
async def test_after_a_day_the_old_one_only_explains(tmp_path, vault):
    vault.put("webhook_secret", "SecondSecret2026")
    vault.put(PREVIOUS_WEBHOOK_SECRET, f"{(datetime.now(UTC) - timedelta(hours=25)).isoformat()} FirstSecret2026")
    secrets = known(tmp_path)
    await secrets.look_again()

    assert shown(secrets.valid) == ["SecondSecret2026"]
    assert shown(secrets.expired) == ["FirstSecret2026"]


@pytest.mark.asyncio
async def test_they_are_not_read_at_every_refusal(tmp_path, vault):
    secrets = known(tmp_path)
    await secrets.look_again()
    vault.put("webhook_secret", "SecondSecret2026")

    assert not await secrets.look_again()
    assert shown(secrets.valid) == []


def test_a_damaged_entry_is_no_secret():
    assert was_read("yesterday FirstSecret2026") is None
    found = was_read(f"{datetime.now(UTC).isoformat()} X")
    assert found is not None
    assert found[1] == SecretStr("X")
