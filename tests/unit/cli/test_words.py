import pytest

from tsh_sync_gui.cli import words
from tsh_sync_gui.core.values import EntityState, RunState
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

    assert words.price(forecasts).startswith("at least 1 call")


def test_nothing_to_do_costs_nothing():
    assert words.price([Forecast(entity="products", calls_low=0, calls_high=0)]) == "no calls"
