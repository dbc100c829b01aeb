"""Rate and time left are smooth and honest."""

from tsh_sync_gui.ui.state.pace import Pace, blended


def moved(*samples: tuple[float, int]) -> Pace:
    pace = Pace()
    for at, done in samples:
        pace = pace.moved(at, done)
    return pace


def test_one_observation_gives_no_rate():
    assert moved((0, 10)).rate(0) is None


def test_too_short_a_time_gives_no_rate():
    assert moved((0, 0), (0.5, 500)).rate(0.5) is None


def test_the_rate_is_over_the_window():
    assert moved((0, 0), (10, 1000)).rate(10) == 100


def test_a_stop_lowers_the_rate_as_it_lasts():
    pace = moved((0, 0), (10, 1000))

    assert pace.rate(20) == 50


def test_what_lies_longer_back_than_the_window_is_forgotten():
    pace = moved((0, 0), (10, 10), (100, 1000), (110, 2000), (190, 10_000))

    assert pace.samples[0][0] == 100


def test_many_observations_keep_the_window_small():
    pace = Pace()
    for place in range(2000):
        pace = pace.moved(place * 0.02, place)

    assert len(pace.samples) < 200


def test_a_count_that_falls_starts_anew():
    assert moved((0, 500), (1, 3)).samples == ((1, 3),)


def test_the_time_left_needs_a_total():
    pace = moved((0, 0), (10, 1000))

    assert pace.left(10, 1000, None) is None
    assert pace.left(10, 1000, 3000) == 20


def test_the_forecast_counts_at_first_and_the_measured_pace_later():
    assert blended(100, 30, 0.0) == 30
    assert blended(100, 30, 0.5) == 100
    assert blended(None, 30, 0.5) == 30
    assert blended(100, None, 0.5) == 100
