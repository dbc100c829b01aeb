"""Jobs that call Zoho while it accepts no sign-in: none is burnt, and few find it out."""

import asyncio
from datetime import UTC, datetime

import pytest

from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import AuthorisationError, MissingPermissionError, SyncError, TransientError
from tsh_sync_gui.engine.ports.jobs import Kind
from tsh_sync_gui.engine.retrying import PostponedError
from tsh_sync_gui.engine.sign_in_gate import SignInGate

pytestmark = pytest.mark.asyncio
CLOCK = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


class Zoho:
    """Raises what is to be raised instead of giving a token."""

    def __init__(self, fault=None):
        self.fault = fault
        self.asked = 0

    async def token(self):
        self.asked += 1
        if self.fault is not None:
            raise self.fault


def failing(error):
    async def handler(_arguments, _context):
        raise error

    return handler


async def tried(gate, error, **options):
    (kind,) = gate.kinds([Kind(name="fetch", handler=failing(error), **options)])
    with pytest.raises(SyncError) as raised:
        await kind.handler({}, None)
    return raised.value


async def test_without_a_sign_in_jobs_wait_uncounted_until_there_is_one():
    clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    zoho = Zoho(AuthorisationError("Zoho no longer accepts our sign-in"))
    gate = SignInGate(zoho.token, clock)
    assert gate.is_open

    raised = await tried(gate, AuthorisationError("refused"))

    assert isinstance(raised, PostponedError)
    assert raised.until == clock.now()
    seen = []
    for fault in (zoho.fault, TransientError("no network"), None):
        zoho.fault = fault
        for _ in range(80):
            clock.advance(1)
            seen.append(gate.is_open)
            await asyncio.sleep(0)
    assert zoho.asked == 4
    assert seen.index(True) == 3 * 75
    assert gate.is_open


async def test_a_missing_permission_or_another_fault_keeps_nobody_else_waiting():
    gate = SignInGate(Zoho().token, CLOCK)
    permission = MissingPermissionError("Not allowed to read products", scope="items.READ")

    assert await tried(gate, permission) is permission
    assert isinstance(await tried(gate, TransientError("busy")), TransientError)
    assert gate.is_open


async def test_jobs_that_call_nobody_are_left_alone():
    gate = SignInGate(Zoho(AuthorisationError("no")).token, CLOCK)
    refused = AuthorisationError("no")

    assert await tried(gate, refused, calls_zoho=False) is refused
