"""What others write into names and ids stands in the lists as it is, and lengths of time have a limit."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from tests.support.letter_samples import letter_of
from tsh_sync_gui.cli import dead_letters, letter_deeds, webhooks
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.spans import seconds_of
from tsh_sync_gui.core.errors import ConfigurationError, MissingPermissionError, QuotaExhaustedError
from tsh_sync_gui.engine.letters.values import EditOutcome, PayloadFault
from tsh_sync_gui.engine.ports.deliveries import InboxRow
from tsh_sync_gui.engine.ports.inbox import Change, EventState, Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Screen(Output):
    """Shows on a wide screen, in memory."""

    def __init__(self):
        super().__init__(False)
        self.console = Console(width=300, record=True, quiet=False)

    def show(self, text, **_about):
        self.console.print(text)


def test_a_delivery_that_looks_like_markup_is_listed(capsys):
    row = InboxRow(
        id=1,
        received_at=NOW,
        entity="products",
        event="",
        change=Change.UPDATED,
        record_id="[/x]",
        verdict=Verdict.REFUSED,
        state=EventState.IGNORED,
        outcome="",
        title="[bold]no",
        delay=None,
        source="",
        scheme="",
        replay_of=None,
        run_id="",
        job_id="",
    )

    webhooks._print_rows((row,), Screen())

    shown = capsys.readouterr().out
    assert "[/x]" in shown
    assert "[bold]no" in shown


def test_a_letter_whose_snooze_is_over_is_open(capsys):
    now = datetime.now(UTC)
    past, future = now - timedelta(hours=1), now + timedelta(hours=1)

    dead_letters._print_letters((letter_of(1, snoozed_until=past), letter_of(2, snoozed_until=future)), Screen(), None)

    first, second = capsys.readouterr().out.splitlines()[-2:]
    assert "open" in first
    assert "snoozed" in second


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"is_mended": True}, 0),
        ({"title": "no", "kind": "validation"}, 1),
        ({"title": "no", "faults": (PayloadFault(field="rate", value="x", reason="no"),)}, 2),
        ({"title": "Sign in", "kind": MissingPermissionError.kind}, 4),
        ({"title": "The day's calls are used up", "kind": QuotaExhaustedError.kind}, 5),
    ],
)
def test_an_edit_ends_with_the_code_of_what_stood_in_its_way(about, code):
    assert letter_deeds._edited(Screen(), EditOutcome(**({"is_mended": False, "letter": letter_of(1)} | about))) == code


@pytest.mark.parametrize("text", ["999999w", "4000d"])
def test_a_length_of_time_beyond_ten_years_is_refused_with_the_limit(text):
    with pytest.raises(ConfigurationError, match="--for") as refused:
        seconds_of(text, "--for")

    assert "ten years" in refused.value.advice
