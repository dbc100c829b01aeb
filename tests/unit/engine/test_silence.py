"""The watch over silent webhooks goes on whatever goes wrong in a look."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.silence import SilenceWatch

pytestmark = pytest.mark.asyncio


class EndedError(Exception):
    """Ends the watch, as the test wants it."""


class Troubled(ManualClock):
    """A clock that ends the watch at its third rest."""

    rests = 0

    async def sleep(self, seconds):
        """Rest."""
        self.rests += 1
        if self.rests == 3:
            raise EndedError
        await super().sleep(seconds)


async def test_a_look_that_breaks_is_not_the_last_one():
    looks = iter([KeyError("unexpected"), UnreachableError("away", what="database"), ValueError("once more")])

    async def silences():
        raise next(looks)

    watch = SilenceWatch(SimpleNamespace(silences=silences), None, (), Troubled(datetime(2026, 11, 22, tzinfo=UTC)))

    with pytest.raises(EndedError):
        await watch.run()

    assert list(looks) == []
