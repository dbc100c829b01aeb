from datetime import UTC, datetime

import pytest

from tsh_sync_gui.cli import words
from tsh_sync_gui.core.values import EntityState, RunState
from tsh_sync_gui.engine.schedule import Timing
from tsh_sync_gui.engine.views import Forecast


@pytest.mark.parametrize("state", [*EntityState, *RunState])
def test_every_state_has_its_word(state):
    assert words.state(state)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (3.2, "3.2 s"), (30, "30 s"), (119, "119 s"), (600, "10 min"), (9000, "2 h 30 min")],
)
def test_a_length_of_time_reads_as_a_person_says_it(seconds, text):
    assert words.duration(seconds) == text


def test_the_price_of_several_walks_is_one_sum():
    forecasts = [
        Forecast(entity="products", calls_low=7, calls_high=7, share_of_day=0.007, seconds=20),
        Forecast(entity="invoices", calls_low=2, calls_high=2, share_of_day=0.003, seconds=10),
    ]

    assert words.price(forecasts) == "about 9 calls, 1 % of today, about 30 s"


def test_a_range_is_said_as_a_range():
    forecasts = [Forecast(entity="products", calls_low=1, calls_high=12, share_of_day=0.012, seconds=30)]

    assert words.price(forecasts) == "1 to 12 calls, 1 % of today, about 30 s"


def test_a_total_that_nobody_knows_is_not_guessed():
    forecasts = [Forecast(entity="products", calls_low=1, calls_high=1, known=False)]

    assert words.price(forecasts).startswith("at least 1 call:")
    forecasts.append(Forecast(entity="invoices", calls_low=1, calls_high=1, known=False, details_open=True))
    assert words.price(forecasts).startswith("at least 2 calls, and what details take besides: how many")


def test_details_are_told_apart_and_what_waits_says_for_what():
    costs = [Forecast(entity="invoices", calls_low=533, calls_high=533, detail_calls=523, share_of_day=0.1, seconds=60)]
    assert words.price(costs, timed=False) == "about 533 calls, 523 of them for details, 10 % of today"

    costs.append(Forecast(entity="credit_notes", calls_low=0, calls_high=0, details_later=100, later_by_share=True))
    assert words.price(costs[1:]) == "no calls; the rest of the details (100 records) waits for tomorrow's calls"


def test_nothing_to_do_costs_nothing():
    assert words.price([Forecast(entity="products", calls_low=0, calls_high=0)]) == "no calls"


@pytest.mark.parametrize(
    ("timing", "text"),
    [
        (None, "none"),
        (Timing(30), "every 30 min"),
        (Timing(120), "every 2 h"),
        (Timing(cron="0 3 * * *"), "daily at 03:00"),
        (Timing(cron="20 2 * * 5"), "Fridays at 02:20"),
        (Timing(cron="0 8-18 * * 1-5"), "0 8-18 * * 1-5"),
    ],
)
def test_a_schedule_reads_as_in_the_window(timing, text):
    assert words.timing(timing) == text


def test_times_are_the_organizations_and_say_so():
    zone = words.zone_named("Asia/Baghdad")
    moment = datetime(2026, 11, 22, 21, tzinfo=UTC)

    assert words.in_zone("Next", zone) == "Next (Asia/Baghdad)"
    assert words.with_zone(moment, zone) == "2026-11-23 00:00:00 Asia/Baghdad"
    assert words.zone_named("") is None
