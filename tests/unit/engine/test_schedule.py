"""When something is due: grids, cron lines, zones with summer time, quiet hours, what was missed, what is late."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.schedule import (
    Quiet,
    Timing,
    a_day,
    between,
    late_from,
    upcoming,
    was_missed,
    zone_of,
)

BAGHDAD, BERLIN = zone_of("Asia/Baghdad"), zone_of("Europe/Berlin")
NIGHT = Quiet.parse("22:00-06:00")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock_changes(begin, end, zone):
    days = [begin + timedelta(days=on) for on in range((end - begin).days + 1)]
    return [b for a, b in pairwise(days) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


def clocks(moments, zone):
    return [f"{one.astimezone(zone):%d %H:%M}" for one in moments]


def test_an_interval_is_due_at_the_same_moments_on_every_machine():
    first = upcoming(Timing(30), utc("2026-11-22T10:07"), BAGHDAD, number=3)
    after_one = upcoming(Timing(30), utc("2026-11-22T10:30"), BAGHDAD)

    assert clocks(first, UTC) == ["22 10:30", "22 11:00", "22 11:30"]
    assert clocks(after_one, UTC) == ["22 11:00"]
    assert clocks(upcoming(Timing(45), utc("2026-11-22T10:07"), BERLIN, number=2), UTC) == ["22 10:30", "22 11:15"]


def test_a_cron_line_goes_by_the_organizations_clock():
    assert clocks(upcoming(Timing(cron="0 3 * * *"), utc("2026-11-22T10:00"), BAGHDAD), UTC) == ["23 00:00"]


def test_a_time_that_summer_time_leaves_out_comes_an_hour_later_and_one_it_repeats_comes_once():
    spring = upcoming(Timing(cron="30 2 * * *"), utc("2026-03-28T03:00"), BERLIN, number=2)
    twice = upcoming(Timing(cron="0,30 2 * * *"), utc("2026-03-29T00:30"), BERLIN, number=2)
    autumn = upcoming(Timing(cron="30 2 * * *"), utc("2026-10-24T03:00"), BERLIN, number=2)

    assert clocks(spring, BERLIN) == ["29 03:00", "30 02:30"]
    assert clocks(twice, BERLIN) == ["29 03:00", "30 02:00"]
    assert [one.isoformat() for one in autumn] == ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]


def test_an_interval_keeps_its_beat_through_the_change_of_summer_time():
    moments = upcoming(Timing(30), utc("2026-10-25T00:00"), BERLIN, number=6)

    assert {later - sooner for sooner, later in pairwise(moments)} == {timedelta(minutes=30)}


def test_what_falls_into_quiet_hours_over_midnight_comes_once_at_their_end():
    evening = utc("2026-11-22T18:40")  # 21:40 there

    moments = upcoming(Timing(30), evening, BAGHDAD, NIGHT, number=3)

    assert clocks(moments, BAGHDAD) == ["23 06:00", "23 06:30", "23 07:00"]
    assert clocks(upcoming(Timing(30), utc("2026-11-22T23:10"), BAGHDAD, NIGHT), BAGHDAD) == ["23 06:00"]


def test_a_nightly_run_waits_for_the_end_of_quiet_hours_and_is_not_lost():
    for after in ("2026-11-22T18:00", "2026-11-22T20:30", "2026-11-23T02:59"):  # before, in, at the end of the hours
        moments = upcoming(Timing(cron="0 23 * * *"), utc(after), BAGHDAD, NIGHT, number=2)
        assert clocks(moments, BAGHDAD) == ["23 06:00", "24 06:00"], after


def test_quiet_hours_within_a_day_and_on_the_night_the_clock_changes():
    noon = Quiet.parse("12:00-13:30")

    assert clocks(upcoming(Timing(60), utc("2026-11-22T08:30"), BAGHDAD, noon, number=3), BAGHDAD) == [
        "22 13:30",
        "22 14:00",
        "22 15:00",
    ]
    assert clocks(upcoming(Timing(30), utc("2026-10-24T21:00"), BERLIN, NIGHT), BERLIN) == ["25 06:00"]
    # 02:30 is left out: by then the hours are over.
    assert clocks(upcoming(Timing(30), utc("2026-03-28T22:00"), BERLIN, Quiet.parse("22:00-02:30")), BERLIN) == [
        "29 03:00"
    ]


def test_quiet_hours_that_end_in_the_hour_that_is_repeated_stop_nothing_after_it():
    early = Quiet.parse("22:00-02:30")

    found = between(Timing(15), utc("2026-10-25T00:15"), utc("2026-10-25T02:00"), BERLIN, early)

    # 02:30 comes twice; so do the quiet minutes before it.
    assert [f"{one:%H:%M}" for one in found] == ["00:30", "00:45", "01:30", "01:45", "02:00"]
    assert a_day(Timing(15), utc("2026-10-25T00:15"), BERLIN, early) == pytest.approx(78, abs=1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Gaza"])
@pytest.mark.parametrize("hours", ["22:00-02:30", "02:15-02:45", "01:30-03:00", "03:00-01:59", "23:30-00:30"])
def test_through_every_change_of_the_clock_nothing_quiet_begins_and_nothing_else_is_lost(zone, hours):
    place, quiet = zone_of(zone), Quiet.parse(hours)
    changes = [
        change
        for year in (2011, 2026)
        for change in clock_changes(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC), place)
    ]
    assert changes

    for change in changes:
        begin, end = change - timedelta(hours=40), change + timedelta(hours=40)
        plain = between(Timing(15), begin, end, place)
        found = between(Timing(15), begin, end, place, quiet)
        held = [one for one in plain if quiet.holds(one, place)]
        assert not [one for one in found if quiet.holds(one, place)]
        assert set(plain) - set(held) <= set(found)
        assert list(found) == sorted(set(found))
        for moment in held[::7]:
            over, begun = quiet.ends_after(moment, place), quiet.began_before(moment, place)
            assert begun <= moment < over <= moment + timedelta(hours=24)
            inside = [begun + (over - begun) * part / 8 for part in range(8)]
            assert all(quiet.holds(one, place) for one in inside)
            assert not quiet.holds(over, place)
            assert over in found or over > end


def test_after_sleep_all_that_was_missed_is_counted_and_a_clock_that_went_back_makes_nothing_due():
    slept = between(Timing(30), utc("2026-11-22T02:00"), utc("2026-11-22T03:40"), BAGHDAD)

    assert clocks(slept, UTC) == ["22 02:30", "22 03:00", "22 03:30"]
    assert was_missed(slept, utc("2026-11-22T03:40"))
    assert not was_missed(slept[-1:], utc("2026-11-22T03:30:20"))
    assert between(Timing(30), utc("2026-11-22T02:00"), utc("2026-11-22T01:00"), BAGHDAD) == ()


def test_years_of_sleep_take_no_time_and_end_with_what_is_due_now():
    slept = between(Timing(1), utc("2020-01-01T00:00"), utc("2026-11-22T03:40"), BAGHDAD)

    assert slept[-1] == utc("2026-11-22T03:40")
    assert len(slept) < 10_000


def test_late_is_twice_the_interval_without_a_good_run():
    assert late_from(Timing(30), utc("2026-11-22T10:00:20"), BAGHDAD) == utc("2026-11-22T11:00:20")
    # A person synced at 10:50; so the run of 11:00 was spared.
    assert late_from(Timing(30), utc("2026-11-22T10:50"), BAGHDAD) == utc("2026-11-22T11:50")
    assert late_from(Timing(cron="0 3 * * *"), utc("2026-11-22T00:01"), BAGHDAD) == utc("2026-11-24T00:01")


def test_quiet_hours_make_nothing_late():
    late = late_from(Timing(30), utc("2026-11-22T18:31"), BAGHDAD, NIGHT)

    assert clocks([late], BAGHDAD) == ["23 06:30"]


def test_how_often_a_day():
    now = utc("2026-11-22T10:00")

    assert a_day(Timing(30), now, BAGHDAD) == 48
    assert a_day(Timing(cron="0 2 * * 6"), now, BAGHDAD) == pytest.approx(1 / 7)
    assert a_day(Timing(60), now, BAGHDAD, NIGHT) == 16
    assert a_day(Timing(cron="* * * * *"), now, BAGHDAD) == 1440
    assert a_day(Timing(1), now, BAGHDAD, Quiet.parse("12:00-12:01")) == 1439


@pytest.mark.parametrize(
    "line",
    ["", "a b", "61 * * * *", "0 0 31 2 *", "0 3 * * 9", "* * * * * *", "0 0 0 * *", "٣ * * * *", "@daily", "1-"],
)
def test_a_cron_line_that_is_none_is_refused_with_an_example(line):
    with pytest.raises(ConfigurationError) as refused:
        Timing(cron=line) if line else Timing()

    assert refused.value.advice


@pytest.mark.parametrize("minutes", [0, -5, 10_081])
def test_an_interval_out_of_range_names_the_range(minutes):
    with pytest.raises(ConfigurationError, match=r"10,080|minutes"):
        Timing(minutes)


@pytest.mark.parametrize("text", ["22-6", "25:00-06:00", "06:00-06:00", "soon", "22:60-06:00"])
def test_quiet_hours_that_are_none_are_refused(text):
    with pytest.raises(ConfigurationError, match="quiet hours"):
        Quiet.parse(text)


def test_no_quiet_hours_and_an_unknown_zone_are_fine():
    assert Quiet.parse(" ") is None
    assert zone_of("Nowhere/Land") == zone_of("") == zone_of("UTC")
