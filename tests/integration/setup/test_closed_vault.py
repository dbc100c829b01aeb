"""While the vault is closed nothing is said to be missing, and nobody is asked for a secret a second time."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.setups import BOTH, CLIENT_ID, PASSPHRASE, connected, opened
from tsh_sync_gui.bootstrap import open_service, secrets
from tsh_sync_gui.bootstrap.doctor_machine import settings as settings_findings
from tsh_sync_gui.bootstrap.doctor_machine import vault as vault_finding
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import unlock
from tsh_sync_gui.core.errors import VaultLockedError
from tsh_sync_gui.core.values import RunState
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.simulator import ORGANIZATION_ID

pytestmark = pytest.mark.asyncio
CLOSED = "The secrets are in an encrypted file, which is closed"


async def test_a_start_with_a_closed_vault_says_so_everywhere_and_goes_on_once_it_is_open(
    vaulted, url, simulator, monkeypatch
):
    overrides = {"database_url": url}
    async with opened(vaulted, overrides=overrides) as setup:
        await connected(setup, simulator, url)
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})  # the program starts anew, and nobody has opened the file
    async with opened(vaulted, overrides=overrides) as setup:
        for ask in (
            setup.app,
            setup.begin_sign_in,
            setup.organizations,
            setup.webhooks,
            lambda: setup.keep_app(CLIENT_ID, "", client_type="server", location="us", products=BOTH),
        ):
            with pytest.raises(VaultLockedError, match=CLOSED):
                await ask()
        health = await setup.health()
        is_settled = await setup.settle_rotation()
        form = setup.check_app(CLIENT_ID, "", "server")
        kept = await setup.organization()
        loaded = await asyncio.to_thread(gather, home=vaulted, overrides=overrides, environment=False)
        async with open_service(loaded) as service:
            (stopped,) = (await service.sync(SyncRequest(entities=("invoices",), details="none"))).runs
            unlock(vaulted, PASSPHRASE)
            (ended,) = (await service.sync(SyncRequest(entities=("invoices",), details="none"))).runs
        app = await setup.app()

    assert (health.state, health.words.startswith(CLOSED), is_settled) == ("needs_you", True, False)
    assert form == {}
    assert kept.id == ORGANIZATION_ID
    assert (stopped.state, stopped.title) == (RunState.NEEDS_YOU, CLOSED)
    assert stopped.advice == "Enter its passphrase, or set TSH_SECRET_KEY in the environment."
    assert (ended.state, app.client_id) == (RunState.UP_TO_DATE, CLIENT_ID)
    place = vault_finding(loaded)
    assert (place.sentence, place.exit_code) == (f"{CLOSED}.", 4)
    (finding,) = settings_findings(loaded, has_shared=False)
    assert finding.sentence == "ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN cannot be read now."
    assert (finding.exit_code, finding.deed) == (4, "settings:vault")
