"""Stamps, states and counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import (
    CallKind,
    Calls,
    Counts,
    RunState,
    parse_moment,
    parse_stamp,
    zoho_stamp,
)


def test_a_stamp_of_zoho_is_read_as_utc():
    assert parse_stamp("2026-10-06T10:24:19+0530") == datetime(2026, 10, 6, 4, 54, 19, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-10-06T10:24:19", "2026-10-06", "", "2026-13-06T10:24:19+0300", "soon"])
def test_what_is_no_stamp_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- its words are for nobody; callers make their own
        parse_stamp(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_the_filter_form_reads_back_to_the_second(moment):
    aware = moment.replace(tzinfo=UTC, microsecond=0)

    assert parse_stamp(zoho_stamp(aware)) == aware


def test_the_filter_form_has_no_colon_no_z_and_no_fraction():
    moment = datetime(2026, 11, 22, 8, 0, 0, 999, tzinfo=UTC) + timedelta(hours=3)

    assert zoho_stamp(moment) == "2026-11-22T11:00:00+0000"


def test_a_day_given_by_a_person_is_aware():
    assert parse_moment("2026-11-01").tzinfo is UTC


def test_counts_and_calls_add_up():
    assert Counts(created=1, seen=2) + Counts(created=2) == Counts(created=3, seen=2)
    assert Calls(list=1).plus(CallKind.BULK, 3).total == 4


def test_only_good_ends_are_final():
    assert [state for state in RunState if state.is_final] == [RunState.UP_TO_DATE, RunState.PARTLY_DONE]


@pytest.mark.parametrize(
    "text",
    [
        "token 1000.0123456789abcdef.fedcba9876543210 used",
        "Authorization: Zoho-oauthtoken abcdef123",
        "postgresql://app:hunter2secret@db/x",
    ],
)
def test_secrets_are_dots_in_the_log(text):
    shown = redact(text)

    assert "••••" in shown
    assert not any(secret in shown for secret in ("0123456789abcdef", "abcdef123", "hunter2secret"))
