"""The inbox as people use it: pages, detail, replay, coverage with its silence, the gap, the secret."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.listener.test_applying import record, settled
from tsh_sync_gui.bootstrap.secrets import keep_secrets, make_file_vault
from tsh_sync_gui.bootstrap.webhook_doors import WebhookReach, WebhookSecretKeeper
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import DeliveriesChanged
from tsh_sync_gui.engine.coverage import Hearing
from tsh_sync_gui.engine.handlers import enqueue_fetch
from tsh_sync_gui.engine.ports.alerts import AlertState, Cause
from tsh_sync_gui.engine.ports.deliveries import InboxQuery
from tsh_sync_gui.engine.ports.inbox import Change, EventState, Verdict
from tsh_sync_gui.engine.silence import SilenceWatch
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.deliveries import PgDeliveries


class Later:
    """A clock that is *hours* ahead."""

    def __init__(self, hours):
        self._ahead = timedelta(hours=hours)

    def now(self):
        return datetime.now(UTC) + self._ahead


def wiring_of(running):
    return running.listener.backend.up.wiring


def inbox_at(running, hours):
    up = running.listener.backend.up
    return WebhooksInbox(
        PgDeliveries(up.wiring.database, up.inbox, REGISTRY),
        up.jobs,
        REGISTRY,
        settings=lambda: up.wiring.settings.now,
        clock=Later(hours),
        secret=WebhookSecretKeeper(up.wiring.settings),
        reach=WebhookReach(up.wiring.settings),
        save=up.wiring.settings.save,
    )


def test_deliveries_are_paged_filtered_opened_and_replayed(listener):
    item = {"item": {"item_id": "46", "last_modified_time": "2026-11-20T10:00:00+0300"}}
    for body in (item, item, {"invoice": {"invoice_id": "77"}}):
        listener.deliver(body)
    listener.deliver({"item": {"item_id": "48"}}, secret="AnotherSecret123")
    inbox = wiring_of(listener).service.webhooks

    first = listener.run(inbox.page(limit=3))
    rest = listener.run(inbox.page(after=first.after, limit=3))
    of_items = listener.run(inbox.page(InboxQuery(entities=("products",), states=(EventState.WAITING,))))
    found = listener.run(inbox.page(InboxQuery(text="77"))).rows
    (refused,) = listener.run(inbox.page(InboxQuery(verdicts=(Verdict.REFUSED,)))).rows
    detail = listener.run(inbox.detail(refused.id))

    assert [row.verdict.value for row in (*first.rows, *rest.rows)] == ["refused", "accepted", "duplicate", "accepted"]
    assert (len(rest.rows), rest.after) == (1, None)
    assert [row.record_id for row in of_items.rows] == ["46"]
    assert [row.entity for row in found] == ["invoices"]
    assert detail.diagnosis["advice"]
    assert b"48" in detail.delivery.body
    assert listener.run(inbox.detail(10**12)) is None

    listener.run(enqueue_fetch(wiring_of(listener).jobs, "invoices", "77"))
    work = listener.run(inbox.detail(found[0].id)).work
    assert (work.number, work.most, work.is_running, work.title) == (1, 5, False, "")
    assert listener.run(inbox.try_now(work.job))
    assert listener.run(inbox.cancel(work.job, "invoices", "77"))
    assert not listener.run(inbox.cancel(work.job, "invoices", "77"))
    ended = listener.run(inbox.detail(found[0].id))
    assert (ended.row.state, ended.row.outcome, ended.work) == (EventState.IGNORED, "cancelled", None)
    assert listener.run(inbox.ids(InboxQuery(verdicts=(Verdict.REFUSED,)))) == [refused.id]

    numbers = [row.id for row in (*first.rows, *rest.rows)]
    plan = listener.run(inbox.replay_plan(numbers))
    forced = listener.run(inbox.replay_plan(since=datetime.now(UTC) - timedelta(hours=1), force=True))
    made = listener.run(inbox.replay(numbers))

    assert (plan.deliveries, plan.records, plan.duplicates, plan.left_out) == (2, 2, 1, 1)
    assert (forced.deliveries, forced.calls_at_most) == (3, 2)
    assert len(made) == 2
    assert listener.run(inbox.detail(rest.rows[0].id)).replays == (made[0],)
    with pytest.raises(ConfigurationError):
        listener.run(inbox.replay_plan())


def test_silence_while_records_change_is_an_alarm_until_the_gap_is_fetched(worker, simulator):
    worker.token()
    assert worker.http.post("/api/zoho/sync/products?wait=true").json()["runs"][0]["state"] == "up_to_date"
    some = worker.http.get(f"{simulator.url}/__sim/ids", params={"entity": "items"}).json()["ids"][0]
    worker.deliver({"event_type": "item_updated", "data": {"item_id": some}})
    assert settled(worker)
    # Zoho's stamps are to the second: what follows is to be later than this by more.
    worker.query("UPDATE sync.webhook_events SET received_at = received_at - interval '1 min'")
    worker.query("UPDATE sync.runs SET started_at = started_at - interval '1 min'")
    changed = worker.http.post(f"{simulator.url}/__sim/change", params={"entity": "items", "count": 5}).json()["ids"]
    worker.http.post("/api/zoho/sync/products?wait=true")
    wiring, inbox = wiring_of(worker), inbox_at(worker, 7)
    watch = SilenceWatch(inbox, wiring.service.alerts, REGISTRY, Later(7))

    soon = worker.run(inbox_at(worker, 0.1).coverage())
    found = worker.run(inbox.coverage())
    worker.run(watch.look())
    worker.run(watch.look())
    silent = worker.run(wiring.service.alerts.all())
    worker.deliver({"event_type": "item_updated", "data": {"item_id": some}}, secret="Geheimnis2026abc ")
    worker.run(watch.look())
    refused = worker.run(wiring.service.alerts.all())[0]
    worker.query("UPDATE sync.webhook_events SET received_at = now() - interval '2 h' WHERE verdict = 'refused'")
    worker.run(watch.look())

    assert (refused.cause, refused.title) == (
        Cause.DELIVERIES_REFUSED,
        "A delivery was refused: signature does not match",
    )
    assert "has a space at the end" in refused.remedy
    assert [one.state for one in worker.run(wiring.service.alerts.all()) if one.id == refused.id] == [
        AlertState.CLEARED
    ]
    assert soon.silences == ()
    (silence,) = found.silences
    (event,) = [one for one in found.events if one.entity == "products" and one.change is Change.UPDATED]
    assert (event.hearing, event.missed) == (Hearing.SILENT, len(set(changed)))
    assert "though 5 products changed in Zoho" in silence.title
    (alert,) = silent
    assert (alert.cause, alert.subject, alert.count) == (Cause.WEBHOOKS_SILENT, "products", 1)

    assert worker.run(inbox.fetch_gap("products")) is not None
    assert worker.eventually(
        lambda: worker.query(
            "SELECT 1 FROM sync.runs WHERE trigger = 'gap' AND mode = 'window' AND ended_at > now() - interval '1 day'"
        )
    )
    worker.run(watch.look())

    assert worker.run(inbox.coverage()).silences == ()
    assert worker.run(wiring.service.alerts.all())[0].state is AlertState.CLEARED
    for one in set(changed):
        stamp = record(worker, simulator, one, "items")["last_modified_time"]
        assert worker.query(
            "SELECT zoho_modified_at = %s::timestamptz FROM tsh.products WHERE zoho_id = %s", stamp, one
        )


def test_the_secrets_header_is_not_kept(database, tmp_path):
    from tests.integration.listener.conftest import SECRET, listening  # noqa: PLC0415 -- of this test only

    with listening(database, tmp_path, webhook_header="X-TSH-Secret") as running:
        right = running.http.post(
            "/api/webhooks/zoho", json={"item": {"item_id": "5"}}, headers={"X-TSH-Secret": SECRET}
        )
        wrong = running.http.post(
            "/api/webhooks/zoho", json={"item": {"item_id": "5"}}, headers={"X-TSH-Secret": "nonsense"}
        )
        kept = running.query("SELECT row_to_json(e)::text FROM sync.webhook_events e")

    assert (right.status_code, wrong.status_code) == (200, 401)
    assert len(kept) == 2
    assert not any(SECRET in text or "nonsense" in text for (text,) in kept)


def test_while_processing_is_paused_deliveries_are_kept_and_afterwards_done(worker, simulator):
    inbox = wiring_of(worker).service.webhooks
    heard = []
    worker.run(inbox.pause())
    cut = wiring_of(worker).service.bus.subscribe(heard.append)
    one = worker.http.get(f"{simulator.url}/__sim/ids", params={"entity": "items"}).json()["ids"][0]

    worker.deliver({"item": {"item_id": one}})
    assert worker.eventually(lambda: any(isinstance(event, DeliveriesChanged) for event in heard))
    paused = worker.events()
    worker.run(inbox.resume())

    assert paused == [("accepted", "waiting", "")]
    assert settled(worker)
    assert worker.events() == [("accepted", "done", "fetched")]
    cut()


def test_a_record_s_audit_and_the_number_of_deliveries_are_told(worker, simulator):
    inbox = wiring_of(worker).service.webhooks
    one = worker.http.get(f"{simulator.url}/__sim/ids", params={"entity": "items"}).json()["ids"][0]
    worker.deliver({"item": {"item_id": one}})
    assert settled(worker)

    page = worker.run(inbox.page())
    opened = worker.run(inbox.detail(page.rows[0].id))

    assert [change.action for change in opened.changes] == ["create"]
    assert opened.changes[0].run_id == page.rows[0].run_id
    assert worker.run(inbox.count()) == 1
    assert worker.run(inbox.count(InboxQuery(verdicts=(Verdict.REFUSED,)))) == 0


def test_how_the_listener_stands_is_known(listener, monkeypatch):
    monkeypatch.setattr("tsh_sync_gui.bootstrap.webhook_doors.listener_of", lambda _settings: listener.url)
    inbox = wiring_of(listener).service.webhooks

    state = listener.run(inbox.listener())

    assert (state.address, state.has_database, state.spooled) == (listener.url, True, 0)
    assert datetime.now(UTC) - state.since < timedelta(minutes=5)
    assert "answers on this computer" in listener.run(inbox.reachability(public=False))
    with pytest.raises(ConfigurationError, match="no public address"):
        listener.run(inbox.reachability(public=True))


def test_a_new_secret_leaves_the_one_before_valid_for_a_day(database, tmp_path, monkeypatch):
    from tests.integration.listener.conftest import listening, signed  # noqa: PLC0415 -- of this test only

    monkeypatch.setenv("TSH_SECRET_KEY", "a passphrase of the test")
    make_file_vault(tmp_path, "a passphrase of the test")
    keep_secrets(tmp_path, {"webhook_secret": "FirstSecret2026x"})
    with listening(database, tmp_path, webhook_secret=None) as running:
        inbox = wiring_of(running).service.webhooks

        changed = running.run(inbox.change_secret())
        body = b'{"item": {"item_id": "5"}}'
        answers = [
            running.http.post(
                "/api/webhooks/zoho", content=body, headers={"X-Zoho-Webhook-Signature": signed(body, one)}
            )
            for one in (changed.fresh, "FirstSecret2026x", "NeverASecret2026")
        ]
        state = running.run(inbox.secret_state())

    assert [one.status_code for one in answers] == [200, 200, 401]
    assert len(changed.fresh) == 32
    assert timedelta(hours=23) < state.previous_until - datetime.now(UTC) <= timedelta(hours=24)


def test_the_command_line_lists_opens_replays_and_tells_the_coverage(listener, tmp_path, monkeypatch, capsys):
    from tsh_sync_gui.cli.app import main  # noqa: PLC0415 -- of this test only

    listener.deliver({"item": {"item_id": "46"}})
    listener.deliver({"item": {"item_id": "48"}}, secret="AnotherSecret123")
    monkeypatch.setenv("TSH_DATABASE_URL", listener.database)
    monkeypatch.setenv("TSH_HOME", str(tmp_path / "cli"))
    monkeypatch.delenv("ZOHO_WEBHOOK_SECRET", raising=False)

    def ask(*words, code=0):
        assert main(["webhooks", *words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    refused, accepted = ask("list")["deliveries"]
    assert (refused["verdict"], accepted["record_id"]) == ("refused", "46")
    assert ask("list", "--verdict", "accepted", "--entity", "items")["deliveries"] == [accepted]
    assert "48" in ask("show", str(refused["id"]))["body"]
    assert ask("replay", "--since", "2026-01-01", "--dry-run")["calls_at_most"] == 1
    assert len(ask("replay", str(accepted["id"]))["replayed"]) == 1
    assert ask("coverage")["in_use"] is True
    assert ask("secret") == {"set": False, "locked_by": None, "previous_until": None}
    assert ask("show", "99999", code=2)["error"]["title"] == "There is no delivery 99999"
    for words in (["list"], ["show", str(refused["id"])], ["coverage"]):
        assert main(["webhooks", *words]) == 0
    assert "Product created" in capsys.readouterr().out
