"""Coverage of webhooks: what is heard, what is silent though it happens, in words, and where a gap begins."""

from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.engine.coverage import LOOK_BACK, Hearing, coverage, duration, horizons
from tsh_sync_gui.engine.ports.deliveries import Heard, Missed
from tsh_sync_gui.engine.ports.inbox import Change
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRODUCTS = "products"


def ago(**time):
    return NOW - timedelta(**time)


def heard(change, week=7, entity=PRODUCTS, **time):
    return Heard(entity=entity, change=change, last=ago(**time), week=week)


def missed(number, change=Change.UPDATED, entity=PRODUCTS, *, found=None, **time):
    return [
        Missed(
            entity=entity, record_id=str(one), change=change, changed_at=ago(**time), found_at=found or ago(minutes=30)
        )
        for one in range(number)
    ]


def seen(heard_of, lost, **options):
    return coverage(REGISTRY, heard_of, lost, **{"in_use": True, "now": NOW} | options)


def one(found, entity=PRODUCTS, change=Change.UPDATED):
    return next(event for event in found.events if (event.entity, event.change) == (entity, change))


def test_what_is_heard_of_is_no_alarm():
    found = seen([heard(Change.UPDATED, hours=1)], [])

    assert one(found).hearing is Hearing.HEARD
    assert one(found).per_day == 1.0
    assert found.silences == ()


def test_silence_while_records_change_is_an_alarm_in_words_and_its_gap_begins_at_the_last_event():
    found = seen([heard(Change.UPDATED, hours=6, minutes=20)], missed(14, hours=5))

    (silence,) = found.silences
    assert one(found).hearing is Hearing.SILENT
    assert silence.title == "No “Product updated” events for 6 h, though 14 products changed in Zoho"
    assert (silence.entity, silence.since, silence.missed) == (PRODUCTS, ago(hours=6, minutes=20), 14)


def test_several_silent_events_of_one_kind_are_one_alarm():
    found = seen(
        [heard(Change.UPDATED, hours=7), heard(Change.CREATED, days=2)],
        missed(2, hours=5) + missed(1, Change.CREATED, hours=9),
    )

    (silence,) = found.silences
    assert silence.title == "No product events for 7 h, though 3 products changed in Zoho"
    assert silence.since == ago(days=2)


def test_without_changes_silence_is_no_alarm():
    assert seen([heard(Change.UPDATED, days=3)], []).silences == ()


def test_a_change_whose_delivery_may_still_come_is_not_missed():
    found = seen([heard(Change.UPDATED, hours=9)], missed(1, hours=1, found=ago(minutes=2)))

    assert (one(found).missed, found.silences) == (0, ())


def test_an_alarm_comes_only_after_its_time():
    lost = missed(1, minutes=50)

    assert seen([heard(Change.UPDATED, hours=2)], lost).silences == ()
    assert len(seen([heard(Change.UPDATED, hours=2)], lost, silent_after=timedelta(hours=1)).silences) == 1


def test_what_was_heard_after_a_change_has_the_rule_working_again():
    found = seen([heard(Change.UPDATED, minutes=30)], missed(3, hours=8))

    assert (one(found).hearing, one(found).missed) == (Hearing.HEARD, 0)


def test_a_planned_event_that_never_came_is_an_alarm_and_one_that_nobody_asked_for_is_none():
    found = seen([], missed(1, hours=8) + missed(4, entity="price_lists", hours=8))

    (silence,) = found.silences
    assert silence.title == "No “Product updated” events have ever come, though 1 product changed in Zoho"
    assert one(found, "price_lists").hearing is Hearing.NEVER


def test_a_delivery_that_does_not_say_what_happened_may_be_any_but_a_delete():
    found = seen([heard(Change.UNKNOWN, hours=1)], missed(1, hours=8) + missed(1, Change.DELETED, hours=8))

    assert one(found).hearing is Hearing.HEARD
    assert one(found, change=Change.DELETED).hearing is Hearing.NEVER


def test_a_gap_that_was_fetched_is_closed():
    found = seen([heard(Change.UPDATED, hours=9)], missed(3, hours=8), fetched={PRODUCTS: ago(hours=1)})

    assert (one(found).missed, found.silences) == (0, ())


def test_while_no_webhook_was_ever_set_up_nothing_is_an_alarm():
    assert seen([], missed(9, hours=9), in_use=False).silences == ()


def test_changes_are_looked_for_from_where_an_entity_is_watched_and_a_week_back_at_most():
    found = horizons(
        REGISTRY,
        [heard(Change.UPDATED, hours=3)],
        watched={
            PRODUCTS: ago(days=2),
            "invoices": ago(days=90),
            "stock_levels": ago(days=90),
            "payments": ago(days=9),
        },
        fetched={"payments": ago(hours=4)},
        now=NOW,
    )

    assert found == {PRODUCTS: ago(days=2), "invoices": NOW - LOOK_BACK, "payments": ago(hours=4)}


@pytest.mark.parametrize(
    ("time", "words"),
    [({"minutes": 59}, "59 min"), ({"hours": 6}, "6 h"), ({"hours": 47}, "47 h"), ({"days": 3}, "3 days")],
)
def test_times_are_short(time, words):
    assert duration(timedelta(**time)) == words


def test_the_planned_events_are_those_the_set_up_names():
    planned = sorted((entity.zoho.removesuffix("s"), change) for entity in REGISTRY for change in entity.events)

    assert len(planned) == 10
    assert ("customerpayment", "created") in planned
