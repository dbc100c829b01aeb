import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from tsh_sync_gui.cli.progress import Bars, Lines, shown, told
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import (
    Notice,
    PageStored,
    PhaseStarted,
    QuotaChanged,
    RecordsRejected,
    RunContinued,
    RunFinished,
    RunPaused,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunId, RunState
from tsh_sync_gui.entities.registry import REGISTRY

RUN = {"run": RunId("r1"), "entity": "products"}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TITLES = {"products": "Products"}


def _page(done: int, expected: int | None = 1250, phase: Phase = Phase.LIST) -> PageStored:
    return PageStored(phase=phase, counts=Counts(seen=done), calls=Calls(list=1), done=done, expected=expected, **RUN)


STORY = [
    RunStarted(mode=Mode.FULL, trigger="person", machine="DESK", user="sara", at=NOON, forecast_calls=7, **RUN),
    PhaseStarted(phase=Phase.LIST, **RUN),
    _page(200, None),
    RunWaiting(reason="minute_limit", until=NOON, **RUN),
    RunContinued(**RUN),
    _page(400),
    RunPaused(by="Sara", **RUN),
    RecordsRejected(number=1, reason="no id", **RUN),
    Notice(entity="products", title="This organization has no item details in bulk"),
    PhaseStarted(phase=Phase.DETAILS, expected=1250, **RUN),
    _page(100, phase=Phase.DETAILS),
    QuotaChanged(day_used=1, day_limit=2, resets_at=NOON, minute_used=1, minute_limit=2),
    RunFinished(
        state=RunState.PARTLY_DONE,
        counts=Counts(seen=1250, created=1249, failed=1),
        calls=Calls(list=7),
        seconds=3.21,
        at=NOON,
        **RUN,
    ),
]


def test_each_event_is_one_line_or_none():
    lines = [told(event, TITLES) for event in STORY]

    assert lines[0] == "Products: full sync started, about 7 calls"
    assert lines[1] == ""
    assert lines[2] == "Products: 200"
    assert lines[3].startswith("Products: waiting for Zoho's per-minute limit until ")
    assert lines[5] == "Products: 400 of 1,250"
    assert lines[6] == "Products: paused by Sara"
    assert lines[7] == "Products: 1 record not taken: no id"
    assert lines[9] == "Products: details, 1,250"
    assert lines[10] == "Products: details 100 of 1,250"
    assert lines[11] == ""
    assert lines[12] == "Products: partly done, 1,249 created, 1 failed; 7 calls, 3.2 s"
    assert told(STORY[12], TITLES, details=100).endswith("1 failed, 100 details; 7 calls, 3.2 s")


def test_pages_are_told_every_few_seconds_only():
    said = io.StringIO()
    now = [0.0]
    lines = Lines(Console(file=said, width=200), TITLES, clock=lambda: now[0])

    for done in range(200, 2001, 200):
        lines.hear(_page(done, 2000))
        now[0] += 1

    assert said.getvalue().splitlines() == [f"Products: {done:,} of 2,000" for done in (200, 800, 1400, 2000)]


def test_requests_that_wait_together_are_one_wait():
    said = io.StringIO()
    lines = Lines(Console(file=said, width=200), TITLES)

    away = RunWaiting(reason="database", **RUN)
    for event in (away, away, STORY[4], STORY[4], away):
        lines.hear(event)

    assert [line.split()[1] for line in said.getvalue().splitlines()] == ["waiting", "goes", "waiting"]


def test_a_network_that_is_away_is_told_once_with_host_and_reason_until_something_is_stored():
    said = io.StringIO()
    lines = Lines(Console(file=said, width=200), TITLES, clock=lambda: 0.0)

    away = RunWaiting(reason="network", detail="Zoho cannot be reached: api.example, refused", **RUN)
    for event in (away, STORY[4], away, STORY[4], away, STORY[4], _page(200), away):
        lines.hear(event)

    told_once = "Products: waiting for the network (Zoho cannot be reached: api.example, refused)"
    assert said.getvalue().splitlines() == [told_once, "Products: goes on", "Products: 200 of 1,250", told_once]


def test_the_minute_limit_is_told_once_and_only_where_it_takes_long():
    said = io.StringIO()
    lines = Lines(Console(file=said, width=200), TITLES, now=lambda: NOON)

    for entity in ("products", "invoices"):
        for seconds in (2, 34, 50):
            until = NOON + timedelta(seconds=seconds)
            run = {"run": RunId(entity), "entity": entity}
            lines.hear(RunWaiting(reason="minute_limit", until=until, **run))
            lines.hear(RunContinued(**run))

    [line] = said.getvalue().splitlines()
    assert line.startswith("Waiting for Zoho's per-minute limit until ")
    assert line.endswith("; it goes on by itself.")


def test_the_bars_tell_the_story_on_a_terminal():
    said = io.StringIO()
    bars = Bars(Console(file=said, force_terminal=True, width=160), TITLES)

    for event in STORY:
        bars.hear(event)
    bars.close()

    text = said.getvalue()
    assert "Products, details" in text
    assert "Partly done" in text
    assert "1 record not taken: no id" in text
    assert "no item details in bulk" in text


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_display_listens_only_while_it_is_shown(is_terminal):
    said, bus = io.StringIO(), Bus()
    console = Console(file=said, force_terminal=is_terminal, width=160)

    with shown(bus, console, REGISTRY):
        bus.publish(STORY[-1])
    before = said.getvalue()
    bus.publish(STORY[0])

    assert "Products" in before
    assert said.getvalue() == before
