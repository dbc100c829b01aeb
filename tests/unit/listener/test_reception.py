"""What the reception answers while nobody can tell whose a delivery is."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import unlock
from tsh_sync_gui.bootstrap.webhook_secrets import WebhookSecrets
from tsh_sync_gui.engine.ports.inbox import Delivery, Verdict
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.listener.limits import Patience
from tsh_sync_gui.listener.reception import House, Reception
from tsh_sync_gui.vault.file_vault import FileVault

SECRET = "Geheimnis2026abc"


class Desk:
    """Remembers what was kept."""

    def __init__(self):
        self.kept = []

    async def keep(self, arrival):
        self.kept.append(arrival)
        return arrival.verdict

    async def note(self, arrival):
        self.kept.append(arrival)


def delivery():
    body = b'{"item": {"item_id": "5461470000000000001", "last_modified_time": "2026-11-22T10:00:00+0300"}}'
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-zoho-webhook-signature": signature}
    return Delivery(address="/api/webhooks/zoho", body=body, content_type="application/json", headers=headers)


@pytest.mark.asyncio
async def test_while_the_vault_is_closed_deliveries_are_neither_refused_nor_kept_and_zoho_tries_again(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("ZOHO_WEBHOOK_SECRET", raising=False)
    FileVault(tmp_path, "correct horse").make({"webhook_secret": SECRET})
    desk, secrets = Desk(), WebhookSecrets(gather(home=tmp_path))
    house = House(organization_id="")
    reception = Reception(
        REGISTRY, secrets, desk, house=lambda: house, now=lambda: datetime.now(UTC), patience=Patience()
    )

    closed = await reception.receive(delivery())
    assert closed.status_code == 503
    assert int(closed.headers["retry-after"]) > 0
    assert json.loads(closed.body)["error"]["kind"] == "vault_locked"
    assert desk.kept == []

    unlock(tmp_path, "correct horse")
    secrets._looked_at = float("-inf")  # it looks again only every few seconds
    opened = await reception.receive(delivery())
    assert opened.status_code == 200
    assert [one.verdict for one in desk.kept] == [Verdict.ACCEPTED]
