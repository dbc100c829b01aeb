"""`status`, `stats` and `quota`: the shapes of their documents and the words a person reads."""

import asyncio

import msgspec

from tests.unit.cli.conftest import a_run
from tsh_sync_gui.core.values import EntityState, RunState


def test_the_status_document_has_exactly_the_agreed_shape(tsh_sync):
    ended = tsh_sync("status", "--json")

    assert ended.code == 0
    assert ended.document == {
        "entities": [
            {
                "entity": "products",
                "state": "up_to_date",
                "local": 1250,
                "detailed": 1000,
                "last_good": "2026-11-22T12:00:00+00:00",
                "next": None,
            },
            {"entity": "invoices", "state": "never_run", "local": 0, "detailed": 0, "last_good": None, "next": None},
        ],
        "quota": {
            "day": {"used": 612, "limit": 1000, "resets_at": "2026-11-22T12:00:00+00:00"},
            "minute": {"used": 3, "limit": 20},
        },
        "database": {"kind": "embedded", "version": "18.6"},
    }


def test_a_person_reads_states_in_words_and_names_as_they_are(tsh_sync):
    ended = tsh_sync("status")

    assert "TSH [bold] [Trading (748369814)" in ended.out
    assert "Up to date" in ended.out
    assert "1,000/1,250" in ended.out
    assert "Never run" in ended.out
    assert "612 of 1,000 calls today" in ended.out
    assert "embedded PostgreSQL 18.6" in ended.out


def test_the_statistics_keep_the_shape_that_others_read(tsh_sync):
    document = tsh_sync("stats", "--json").document

    assert document["total_syncs_today"] == 45
    assert document["success_rate"] == 99.2
    assert document["avg_sync_time_seconds"] == 12.5
    said = tsh_sync("stats").out
    assert "Runs begun today (one for each entity of a sync): 45" in said
    assert "Success rate: 99.2 % of those that have ended" in said
    assert "12 s a run" in said


def test_the_quota_tells_who_used_it(tsh_sync):
    document = tsh_sync("quota", "--json").document

    assert document["day"]["used"] == 612
    assert document["minute"] == {"used": 3, "limit": 20}
    assert document["by_lane"] == {"person": 612}
    assert "what people start" in tsh_sync("quota").out


def test_a_held_run_says_who_holds_it(tsh_sync, service, monkeypatch):
    view = asyncio.run(service.overview())
    live = a_run("products", RunState.PAUSED, ended_at=None, waiting_for="Sara")
    first = msgspec.structs.replace(view.entities[0], state=EntityState.PAUSED, live=live)

    async def overview():
        return msgspec.structs.replace(view, entities=(first, *view.entities[1:]))

    monkeypatch.setattr(service, "overview", overview)
    shown = tsh_sync("status")

    assert "paused by Sara until it is resumed" in " ".join(shown.out.split())
