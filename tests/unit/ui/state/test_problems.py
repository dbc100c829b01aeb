"""What a person is told of what was left out."""

from datetime import UTC, datetime, timedelta

from tsh_sync_gui.core.values import Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.ui.state.problems import not_due

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_what_is_not_due_is_named_with_its_time_in_the_organizations_zone():
    idle = RunInfo(
        id=RunId("r"),
        leader=RunId("r"),
        entity="things",
        mode=Mode.INCREMENTAL,
        state=RunState.UP_TO_DATE,
        phase=Phase.LIST,
        trigger="not due",
        machine="DESK",
        user="sara",
        started_at=NOON,
        heartbeat_at=NOON,
        waiting_until=NOON + timedelta(minutes=26),
    )

    note = not_due([idle], {"things": "Things"}, NOON, "Asia/Baghdad")

    assert (note.title, note.tone) == ("Things is not due until 15:26", "blue")
