import os
import re
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cli.conftest import NOON, a_run
from tsh_sync_gui.core.values import Calls, RunId, RunState
from tsh_sync_gui.engine.views import NOT_DUE, Forecast, SyncReport, SyncRequest


def _request(service) -> SyncRequest:
    return next(asked[1] for asked in service.asked if asked[0] == "sync")


def test_the_document_has_exactly_the_agreed_shape(tsh_sync):
    ended = tsh_sync("sync", "--json")

    assert ended.code == 0
    assert ended.document == {
        "runs": [
            {
                "run_id": "products-1",
                "entity": "products",
                "mode": "full",
                "state": "up_to_date",
                "created": 4,
                "updated": 3,
                "unchanged": 2,
                "deleted": 1,
                "failed": 0,
                "calls": {"list": 7, "bulk": 2, "detail": 1, "total": 10},
                "seconds": 1.234,
            }
        ],
        "total_synced": 9,
    }


def test_a_person_reads_the_price_before_and_a_table_after(tsh_sync, service):
    service.costs = [Forecast(entity="products", calls_low=9, calls_high=9, share_of_day=0.009, seconds=30)]

    ended = tsh_sync("sync", "products")

    assert "This will take about 9 calls, less than 1 % of today, about 30 s." in ended.err
    assert "Products: up to date, 4 created, 3 updated, 2 unchanged, 1 deleted; 10 calls, 1.2 s" in ended.err
    assert "Products" in ended.out
    assert "Up to date" in ended.out


def test_an_estimate_prints_the_cost_and_syncs_nothing(tsh_sync, service):
    service.costs = [Forecast(entity="products", calls_low=9, calls_high=9, share_of_day=0.009, seconds=30)]

    ended = tsh_sync("sync", "products", "--full", "--estimate")

    assert ended.code == 0
    assert "Products: about 9 calls, less than 1 % of today, about 30 s." in ended.out
    assert service.asked == [("estimate", SyncRequest(entities=("products",), full=True))]


def test_an_estimate_is_a_document_too(tsh_sync, service):
    service.costs = [Forecast(entity="products", calls_low=9, calls_high=12, detail_calls=3, records=1250)]

    assert tsh_sync("sync", "products", "--estimate", "--json").document == {
        "forecasts": [
            {
                "entity": "products",
                "calls": {"least": 9, "most": 12, "details": 3},
                "details_later": 0,
                "records": 1250,
                "known": True,
                "fits": True,
                "share_of_day": 0.0,
                "seconds": 0.0,
            }
        ],
        "asked": 0,
    }


def test_an_estimate_of_several_kinds_tells_the_sum_and_which_details_wait(tsh_sync, service):
    service.costs = [
        Forecast(entity="products", calls_low=9, calls_high=9, share_of_day=0.009, seconds=30),
        Forecast(entity="invoices", calls_low=0, calls_high=0, kept_pages=2, details_later=340, later_by_share=True),
    ]

    said = tsh_sync("sync", "products", "invoices", "--estimate").out

    waiting = "; the rest of the details (340 records) waits for tomorrow's calls."
    assert f"Invoices: no calls: its list was just read{waiting}" in said
    assert f"Together: about 9 calls, less than 1 % of today, about 30 s{waiting}" in said


def test_what_does_not_fit_in_the_day_is_said_before(tsh_sync, service):
    service.costs = [Forecast(entity="products", calls_low=900, calls_high=900, fits=False)]

    assert "does not fit in what is left today" in tsh_sync("sync").err
    assert "does not fit" not in tsh_sync("sync", "--wait").err


@pytest.mark.parametrize("name", ["products", "items", "Products", "PRODUCTS"])
def test_an_entity_is_found_by_each_of_its_names(tsh_sync, service, name):
    tsh_sync("sync", name)

    assert _request(service).entities == ("products",)


def test_the_help_names_the_kinds_of_records(tsh_sync):
    said = " ".join(tsh_sync("sync", "--help").out.split())

    assert "products, price_lists (pricelists), stock_levels (stock), customers (contacts)" in said


@pytest.mark.parametrize("given", [(), ("all",), ("products", "all")], ids=str)
def test_nothing_and_all_mean_everything(tsh_sync, service, given):
    tsh_sync("sync", *given)

    assert _request(service).entities == ()


def test_every_option_reaches_the_request(tsh_sync, service):
    tsh_sync("sync", "credit-notes", "sales_orders", "--full", "--force", "--restart", "--dry-run", "--wait")
    request = _request(service)

    assert request == SyncRequest(
        entities=("credit_notes", "sales_orders"), full=True, force=True, restart=True, dry_run=True, wait=True
    )


@pytest.mark.parametrize(("text", "value"), [("none", "none"), ("all", "all"), ("0", 0), ("250", 250)])
def test_details_are_a_number_or_a_word(tsh_sync, service, text, value):
    tsh_sync("sync", "--details", text)

    assert _request(service).details == value


def test_days_reach_back_from_now(tsh_sync, service):
    tsh_sync("sync", "--days", "7")

    assert abs(datetime.now(UTC) - timedelta(days=7) - _request(service).since) < timedelta(minutes=1)


def test_since_takes_a_time_with_its_zone(tsh_sync, service):
    tsh_sync("sync", "--since", "2026-01-01T08:00+03:00")

    assert _request(service).since == datetime(2026, 1, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((RunState.UP_TO_DATE, RunState.PARTLY_DONE), 3),
        ((RunState.PARTLY_DONE, RunState.WAITING), 5),
        ((RunState.WAITING, RunState.NEEDS_YOU), 4),
        ((RunState.NEEDS_YOU, RunState.FAILED), 1),
        ((RunState.FAILED, RunState.CANCELLED), 130),
    ],
)
def test_of_several_exit_codes_the_weightiest_is_returned(tsh_sync, service, states, code):
    service.report = SyncReport(
        runs=tuple(a_run(f"{'products' if n else 'invoices'}", s) for n, s in enumerate(states))
    )

    assert tsh_sync("sync").code == code


def test_the_words_of_a_failed_run_are_shown(tsh_sync, service):
    failed = a_run(state=RunState.FAILED, title="Zoho has trouble", advice="Try again later.", error_kind="unreachable")
    service.report = SyncReport(runs=(failed,))

    assert "Products: Zoho has trouble. Try again later." in tsh_sync("sync").out
    assert tsh_sync("sync", "--json").document["runs"][0]["error"]["title"] == "Zoho has trouble"


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_stops_and_says_where_the_runs_stand(tsh_sync, service, number):
    service.hangs = True

    def interrupt() -> None:
        while not any(asked[0] == "sync" for asked in service.asked):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    ended = tsh_sync("sync", "--json")
    thread.join()

    assert ended.code == 130
    assert ended.document["runs"][0]["state"] == "cancelled"
    assert "Stopping after the page in hand" in ended.err


def test_the_demo_without_a_screen_syncs_everything_in_the_terminal(tsh_sync, service, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")

    ended = tsh_sync("demo", "--items", "50", "--seed", "3", "--json")

    assert ended.code == 0
    assert _request(service) == SyncRequest()
    assert tsh_sync.opened[0][:2] == (50, 3)


def test_what_was_walked_along_is_in_the_table_with_the_sum(tsh_sync, service):
    stock, products = a_run("stock_levels", leader=RunId("walk")), a_run("products", leader=RunId("walk"))
    service.report, service.known = SyncReport(runs=(stock,)), [products, a_run("invoices")]
    before = service.sync

    async def sync(request):
        for info in service.known:
            service._tell(info)
        return await before(request)

    service.sync = sync
    said = " ".join(tsh_sync("sync", "stock").out.split())

    assert "Products Up to date 4" in said
    assert "Together 8 6 4 2 0 0 20" in said
    assert "Products went along: what you asked for is read in the same walk." in said
    assert "Invoices" not in said
    assert [run["entity"] for run in tsh_sync("sync", "stock", "--json").document["runs"]] == ["stock_levels"]


def test_what_was_not_due_says_when_it_is_and_what_walks_it_now(tsh_sync, service):
    idle = a_run(entity="stock_levels", trigger=NOT_DUE, waiting_until=NOON, calls=Calls())
    service.report = SyncReport(runs=(a_run(), idle))

    said = tsh_sync("sync").out

    assert re.search(r"Stock: not due until 2026-11-2\d [\d:]+ \S+; --force walks it now\.", said)
