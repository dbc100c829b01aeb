"""The database stops under load: what was acknowledged arrives, in order, also after a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from tests.integration.listener.conftest import ADDRESS, SECRET, listening, signed
from tests.support.postgres import SETTINGS, reachable_home
from tsh_sync_gui.store.embedded import EmbeddedServer


def item(number):
    return {"event_type": "item_updated", "data": {"item_id": str(1000 + number)}}


@pytest.fixture
def server():
    """A server that the listener knows by its address only, so that nobody but the test starts it again."""
    with reachable_home("outage-") as folder:
        server = EmbeddedServer(folder, settings=SETTINGS)
        server.ensure()
        yield server


def test_what_comes_in_while_the_database_is_away_arrives_afterwards_in_order(server, tmp_path):
    with listening(server.ensure().sqlalchemy_url, tmp_path) as running:
        assert running.deliver(item(0)).status_code == 200
        server.stop()
        answers = [running.deliver(item(number)) for number in range(1, 40)]
        away = running.http.get("/health").json()
        closed = running.http.get("/api/tds/queue", headers={"Authorization": f"Bearer tsh_{'x' * 43}"})
        server.ensure()

        arrived = running.eventually(
            lambda: running.query("SELECT count(*) FROM sync.webhook_events") == [(40,)] or None, 40
        )

        assert {one.status_code for one in answers} == {200}
        assert (away["status"], away["spool"]) == ("spooling", 39)
        assert closed.status_code == 503
        assert arrived
        ids = [row[0] for row in running.query("SELECT record_id FROM sync.webhook_events ORDER BY id")]
        assert ids == [str(1000 + number) for number in range(40)]
        assert running.eventually(lambda: running.http.get("/health").json()["status"] == "ok")
        assert running.deliver(item(99)).json()["status"] == "accepted"


def test_a_listener_begins_without_a_database_and_a_kill_loses_nothing_it_acknowledged(server, tmp_path):
    url = server.ensure().sqlalchemy_url
    server.ensure()
    with listening(url, tmp_path / "first"):
        pass  # the tables are made
    server.stop()
    home = tmp_path / "home"
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "TSH_HOME": str(home),
        "TSH_DATABASE_URL": url,
        "ZOHO_WEBHOOK_SECRET": SECRET,
        "ZOHO_ORGANIZATION_ID": "748369814",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-m", "tsh_sync_gui", "listen", "--port", "0", "--workers", "0", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as program:
        text = ""
        while not text.endswith("}\n"):
            text += program.stdout.readline()
        address = json.loads(text)["url"]
        for number in range(25):
            body = json.dumps(item(number)).encode()
            answer = httpx.post(
                f"{address}{ADDRESS}", content=body, headers={"X-Zoho-Webhook-Signature": signed(body)}, timeout=30
            )
            assert answer.status_code == 200
        program.kill()
    server.ensure()

    with listening(url, home) as heir:
        assert heir.eventually(
            lambda: heir.query("SELECT count(DISTINCT record_id) FROM sync.webhook_events") == [(25,)], 40
        )
        assert heir.queued() >= 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_listener_that_is_asked_to_end_ends_well(database, tmp_path):
    environment = dict(os.environ) | {
        "TSH_HOME": str(tmp_path),
        "TSH_DATABASE_URL": database,
        "ZOHO_WEBHOOK_SECRET": SECRET,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-m", "tsh_sync_gui", "listen", "--port", "0", "--workers", "1"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path
    ) as program:
        assert "Listening at" in program.stdout.readline()
        began = time.monotonic()
        program.send_signal(signal.SIGTERM)

        assert program.wait(30) == 0
        assert time.monotonic() - began < 25
