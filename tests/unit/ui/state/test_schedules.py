"""What schedules and alerts say, without Qt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.fake_watch import alert_of
from tsh_sync_gui.engine.alerts import AlertState, Cause, Severity
from tsh_sync_gui.engine.schedule import Timing
from tsh_sync_gui.engine.views import Planned
from tsh_sync_gui.ui.state.alerts import Told, alert_lines, is_quiet, news, target_of, unread
from tsh_sync_gui.ui.state.schedules import next_text, pauses, timing_text
from tsh_sync_gui.ui.state.texts import clock, scheduled

NOW = datetime(2026, 11, 22, 10, 24, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        (Timing(30), "every 30 min"),
        (Timing(120), "every 2 h"),
        (Timing(90), "every 90 min"),
        (Timing(cron="5 3 * * *"), "daily at 03:05"),
        (Timing(cron="0 2 * * 0"), "Sundays at 02:00"),
        (Timing(cron="0 2 * * 7"), "Sundays at 02:00"),
        (None, "No schedule"),
    ],
)
def test_a_timing_in_words(timing, words):
    assert timing_text(timing) == words


def test_a_cron_line_that_has_no_words_stays_as_it_is():
    assert timing_text(Timing(cron="*/20 8-18 * * 1-5")).strip("\u2066\u2069") == "*/20 8-18 * * 1-5"


def test_the_next_run_a_pause_or_what_has_to_come_first():
    assert next_text(Planned(standing="on"), None, NOW) == "No schedule"
    assert next_text(Planned(standing="on"), NOW + timedelta(minutes=6), NOW).startswith("Next ")
    assert next_text(Planned(standing="paused"), None, NOW) == "Paused until it is resumed"
    assert next_text(Planned(standing="blocked", why="first_sync"), None, NOW) == "Waits for the first sync"
    assert next_text(Planned(standing="blocked", why="of a newer version"), None, NOW) == "No schedule"


def test_pauses_end_when_they_say():
    ends = [until() for _, until in pauses(lambda: NOW, lambda: "Asia/Baghdad")]

    assert ends[:2] == [NOW + timedelta(minutes=30), NOW + timedelta(hours=1)]
    assert ends[2].astimezone(ZoneInfo("Asia/Baghdad")).hour == 8
    assert ends[3] is None


def test_only_what_is_new_is_news_and_the_same_cause_once_an_hour():
    first = alert_of(1)
    none, told = news(None, (first,), NOW)
    fresh, told = news(told, (first, alert_of(2, Cause.QUOTA)), NOW)
    again, told = news(told, (replace(first, count=2), replace(alert_of(2, Cause.QUOTA), count=2)), NOW)
    later, _ = news(told, (replace(first, count=3), alert_of(2, Cause.QUOTA)), NOW + timedelta(hours=2))
    silenced, _ = news(Told(), (replace(first, is_silenced=True),), NOW)

    assert none == silenced == ()
    assert [one.id for one in fresh] == [2]
    assert [one.id for one in again] == [1]
    assert [one.count for one in later] == [3]


def test_the_bell_counts_what_came_since_it_was_looked_at():
    alerts = (alert_of(1), alert_of(2, severity=Severity.WARNING), alert_of(3, is_silenced=True))

    assert unread(alerts, None) == (2, "red")
    assert unread(alerts[1:], None) == (1, "blue")
    assert unread(alerts, NOW) == (0, "blue")


def test_a_line_tells_how_often_and_whether_it_is_over():
    often, over, note = alert_lines(
        (
            alert_of(1, count=3),
            alert_of(2, state=AlertState.CLEARED),
            alert_of(3, Cause.RUNS_MISSED, severity=Severity.NOTE, state=AlertState.CLEARED),
        ),
        NOW,
    )

    assert (often.when, often.tone, often.is_open) == ("3 times, last 3 min ago", "red", True)
    assert (over.when, over.remedy, over.icon) == ("3 min ago · over", "", "check")
    assert (note.when, bool(note.remedy)) == ("3 min ago", True)


def test_quiet_hours_are_those_of_the_organization():
    assert is_quiet("13:00-14:00", NOW, "Asia/Baghdad")
    assert not is_quiet("13:00-14:00", NOW, "")
    assert not is_quiet("", NOW, "Asia/Baghdad")


def test_each_cause_leads_somewhere():
    assert {target_of(alert_of(1, cause))[0] for cause in Cause} <= {
        "sync",
        "setup",
        "settings",
        "schedules",
        "dead_letters",
        "webhooks",
    }


def test_the_next_run_is_told_in_the_organizations_zone_which_is_named_where_it_is_another():
    at = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    near = at.astimezone().tzname() == "+03"

    assert clock(at, now, "Asia/Baghdad") == "Mon 03:00"
    assert scheduled(at, now, "Asia/Baghdad") == ("Mon 03:00" if near else "Mon 03:00 Baghdad")
    assert next_text(Planned(standing="on"), at, now, "Asia/Baghdad").startswith("Next Mon 03:00")
    assert scheduled(at, now, "no such zone") == clock(at, now)
