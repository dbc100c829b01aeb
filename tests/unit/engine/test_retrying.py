"""What becomes of a job that failed."""

from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    QuotaExhaustedError,
    RateLimitedError,
    RecordRejectedError,
    TransientError,
    UnreachableError,
    UnwritableError,
)
from tsh_sync_gui.engine.retrying import PostponedError, Retrying, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def after(error, attempts=0, chance=0.5):
    return Retrying().after(error, attempts=attempts, now=NOW, chance=lambda: chance)


def seconds(verdict):
    return (verdict.again_at - NOW).total_seconds()


def test_waits_grow_and_the_fifth_failure_is_the_last():
    waits = [seconds(after(TransientError("x"), attempts)) for attempts in range(4)]

    assert waits == sorted(waits) == [5, 30, 120, 600]
    assert after(TransientError("x"), 4) == Verdict(None)
    assert Retrying().tries == 5


def test_a_database_that_takes_no_writes_is_waited_for():
    assert after(UnwritableError("The database's disk is full"), 4) == Verdict(NOW + timedelta(seconds=5), counts=False)


def test_waits_are_jittered_both_ways():
    assert [seconds(after(TransientError("x"), 1, chance)) for chance in (0, 1)] == [22.5, 37.5]


def test_zohos_own_wait_is_kept_where_it_is_longer():
    assert seconds(after(RateLimitedError("x", code=44, retry_after=61))) == 61


@pytest.mark.parametrize(
    "error",
    [ConfigurationError("x"), AuthorisationError("x"), RecordRejectedError("x", field="f")],
    ids=lambda error: error.kind,
)
def test_what_cannot_heal_by_itself_is_given_up_at_once(error):
    assert after(error) == Verdict(None)


def test_a_bug_is_tried_again_like_anything_unknown():
    assert seconds(after(ValueError("x"))) == 5


def test_quota_switch_and_database_cost_no_try():
    resets_at = NOW + timedelta(hours=3)

    assert after(QuotaExhaustedError("x", resets_at=resets_at), 4) == Verdict(resets_at, counts=False)
    assert after(QuotaExhaustedError("x", resets_at=None), 4).counts is False
    assert after(PostponedError("x", until=resets_at), 4) == Verdict(resets_at, counts=False)
    assert after(PostponedError("x", until=NOW - timedelta(hours=1)), 4) == Verdict(NOW, counts=False)
    assert after(UnreachableError("x", what="database"), 4).counts is False
    assert after(UnreachableError("x", what="zoho"), 4) == Verdict(None)
